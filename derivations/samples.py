r"""Statements about gradients through a sample: $z = t(\epsilon, \phi)$, at fixed noise and data.

The log of each joint density is an unknown smooth function of $z$ and of its parameters, and
$\log p(x \mid z) = \log p(x, z) - \log p(z)$, so an identity that holds for these functions holds for all densities:
the chain rule proves it. A statement that the chain rule does not prove is
tried on Gaussians, where both sides are explicit formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sympy import Basic, Expr, Function, Rational, Symbol, Tuple, exp, expand, log

from derivations import closed_form
from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.densities import ordered
from derivations.language import (
    KL,
    Bare,
    Density,
    Draws,
    Entropy,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Marginal,
    Relation,
    Sign,
    StopGradient,
    TotalGradient,
    Transposed,
    Variable,
    contains,
)
from derivations.verdict import Status, Verdict, proved

CHAIN_RULE = "chain rule through the sample"
Unknown = Callable[[str, tuple[Expr, ...]], Expr]


def concerns_samples(relation: Relation, context: Context) -> bool:
    """Whether the statement is about derivatives at one draw: through the sample, or in the sample."""
    sides = [expand_quantities(side, context) for side in (relation.left, relation.right)]
    everywhere = (Expectation, KL, Entropy, Marginal, IndexedSum, IndexedProduct)
    if not context.paths or any(contains(side, *everywhere) for side in sides):
        return False
    gradients = [g for side in sides for g in side.atoms(Gradient)]
    return any(isinstance(g, TotalGradient) or g.wrt in context.paths for g in gradients)


def over_the_sample(relation: Relation, context: Context) -> Relation:
    r"""$\mathbb{E}_{p(\epsilon)}[f(z)]$ is $\mathbb{E}_{q_\phi(z|x)}[f(z)]$, since $z = t(\epsilon, \phi)$."""
    noise = {v for path in context.paths.values() for v in path.atoms(Variable)}
    means = {e for side in (relation.left, relation.right) for e in side.atoms(Expectation)}
    found = {e: _over(e, context, noise) for e in means if set(_drawn(e.measure)) == noise}
    left, right = (side.xreplace(found) for side in (relation.left, relation.right))
    return replace(relation, left=left, right=right) if found else relation


def _drawn(measure: Basic) -> tuple[Expr, ...]:
    """The variables of an expectation that names them itself."""
    if isinstance(measure, Density):
        return measure.of
    return measure.variables if type(measure) is Draws else ()


def _over(mean: Expectation, context: Context, noise: set[Variable]) -> Expr:
    """The mean over the sample, where the body has the sample and the noise itself does not stand in it."""
    moved = mean.body.has(*context.paths)
    return Expectation(Bare("q"), mean.body) if moved and not mean.body.has(*noise) else mean


def decide(relation: Relation, context: Context) -> Verdict:
    """Proved by the chain rule, or whatever the Gaussian example says."""
    sides = [expand_quantities(side, context) for side in (relation.left, relation.right)]
    mentions = frozenset(density for side in sides for density in side.atoms(Density))
    left, right = map(_Written(context, mentions, _unknown_function), sides)
    if relation.sign is Sign.EQUAL and expand(left - right) == 0:
        return proved(CHAIN_RULE, "both sides are the same for all smooth log densities and every path")
    left, right = map(_Written(context, mentions, _gaussian).at_the_sample, sides)
    verdict = closed_form.decide(Relation(left, relation.sign, right), Context("Gaussian densities"))
    if verdict.status is Status.PROVED:
        return replace(verdict, status=Status.SUPPORTED, evidence="holds for Gaussian densities; no proof for all")
    return replace(verdict, rule="Gaussian densities", evidence=f"with Gaussian densities {verdict.evidence}")


class _Written:
    """Writes a statement with each log density replaced by a function of the sample and the parameters."""

    def __init__(self, context: Context, mentions: frozenset[Density], unknown: Unknown) -> None:
        self.context, self.mentions, self.unknown = context, mentions, unknown
        self.letters = {z: Symbol(f"{z.name}_", real=True) for z in context.paths}

    def at_the_sample(self, term: Expr) -> Expr:
        """The statement where the sample is: $z = t(\\epsilon, \\phi)$."""
        value = self(term).doit()
        return value.xreplace({self.letters[z]: self._path(z) for z in self.letters})

    def __call__(self, term: Basic) -> Expr:
        if term in self.context.paths.values():
            return self.unknown("t", term.args[-1].args)
        if isinstance(term, Variable):
            return self.letters.get(term) or Symbol(str(term), real=True)
        if isinstance(term, Density):
            return exp(self._log_density(term))
        if isinstance(term, log) and isinstance(term.args[0], Density):
            return self._log_density(term.args[0])
        if isinstance(term, Gradient):
            return self._gradient(term)
        if isinstance(term, StopGradient | Transposed):  # here all is scalar, and a scalar is its own transpose
            return self(term.body)
        return term if not term.args else term.func(*(self(part) for part in term.args))

    def _log_density(self, density: Density) -> Expr:
        """A conditional density is a joint one over that of its conditions."""
        joint = self._log_joint(density.name, ordered(density.variables))
        return joint - self._log_joint(density.name, ordered(density.given)) if density.given else joint

    def _log_joint(self, name: str, variables: Tuple) -> Expr:
        """An unknown function of the sample, if it is among the variables, and of the parameters."""
        named = [density for density in self.mentions if density.name == name]
        own = [d for d in named if not d.given and ordered(d.of) == variables] or named
        parameters = ordered(parameter for density in own for parameter in density.parameters)
        sample = tuple(letter for z, letter in self.letters.items() if z in variables.args)
        return self.unknown(f"log {name}({', '.join(map(str, variables))})", (*sample, *parameters))

    def _gradient(self, term: Gradient) -> Expr:
        body = self(term.body)
        if term.wrt in self.letters:
            return body.diff(self.letters[term.wrt])
        slope = body.diff(term.wrt)
        if isinstance(term, TotalGradient):
            moved = (body.diff(letter) * self._path(z).diff(term.wrt) for z, letter in self.letters.items())
            slope += sum(moved, start=Rational(0))
        return slope

    def _path(self, z: Expr) -> Expr:
        return self(self.context.paths[z])


def _unknown_function(name: str, arguments: tuple[Expr, ...]) -> Expr:
    return Function(name, real=True)(*arguments) if arguments else Symbol(name, real=True)


def _gaussian(name: str, arguments: tuple[Expr, ...]) -> Expr:
    """An example: a Gaussian log density in the sample whose mean and width move with the parameters."""
    size = Rational(sum(map(ord, name)) % 7 + 3, 5)
    if name == "t":
        noise, *parameters = arguments
        return sum(parameters, start=size) + exp(sum(parameters, start=Rational(0)) / 2) * noise
    sample, *parameters = arguments or (size,)
    width = exp(sum(parameters, start=Rational(0)) / 2) * size
    return -((sample - size - sum(parameters, start=Rational(0))) ** 2) / (2 * width**2) - log(width)


__all__ = ["concerns_samples", "decide"]
