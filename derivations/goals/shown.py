r"""Whether a step says what was to be shown: the same statement, however it is arranged.

All true statements follow from one another, so what a goal is about must not be written out: its divergences,
gradients and optimal densities stay as they stand, as unknown functions. A step `a = b` says the same as the goal
`l = r` if a - b is l - r, or its negative, for every such function; `1 = 1` never is.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sympy import Add, Basic, Expr, Mul, Pow, Symbol, log, preorder_traversal

from derivations.constants import BOUNDS, is_loose, without_constants
from derivations.context import Context
from derivations.definitions import expand_quantities
from derivations.goals.chains import Bond, Link, loosely
from derivations.goals.found import integrands
from derivations.goals.notation import Notation
from derivations.language import (
    KL,
    Bare,
    Density,
    Entropy,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Marginal,
    Quantity,
    Relation,
    Sign,
    Variable,
    VariableRange,
)
from derivations.prover.averaged import averaged
from derivations.prover.prove import prove

OPERATORS = (Expectation, Marginal, KL, Entropy, Gradient, Quantity, IndexedSum, IndexedProduct)
OPPOSITE = {Sign.AT_LEAST: Sign.AT_MOST}


class Shown:
    """The statement of a goal, ready to be compared with connected sides."""

    def __init__(self, goal: Relation, context: Context) -> None:
        named = tuple(d for d in context.definitions if isinstance(d.left, Quantity))
        self.kept = frozenset(d.left.name for d in context.definitions if isinstance(d.left, Density))
        self.whole, self.context = context, replace(context, definitions=named)
        loose = is_loose(goal, self.context)
        self.bond, plain = loosely(goal, self.context) if loose else (None, goal)
        self.goal = _upwards(plain)
        self.notation = Notation(self._expanded(self.goal.left - self.goal.right), context)
        self.unknown = _Unknown(self._written(self.goal), context)
        self.gap = self.unknown(self._written(self.goal))
        self.marks = self._marks(self.gap)
        self.ingredients = self._ingredients(goal)
        self.compared: dict[tuple[Sign, Expr], bool] = {}

    def is_said_by(self, link: Link) -> bool:
        """Whether two connected sides are related as the goal says, or for each data point as it says on average."""
        said = Relation(link.left, link.bond.sign, link.right)
        mean = averaged(self._plain(said), self.whole)
        return self._is_said(_upwards(said), link) or (mean is not None and self._is_said(_upwards(mean), link))

    def _is_said(self, said: Relation, link: Link) -> bool:
        if Sign.AT_MOST in (said.sign, self.goal.sign) and said.sign is not self.goal.sign:
            return False
        if said.sign is Sign.EQUAL_UP_TO_CONSTANT and not self._allows(link.bond):
            return False
        gap = self.unknown(self._written(said))
        if (said.sign, gap) not in self.compared:
            self.compared[said.sign, gap] = self.marks <= self._marks(gap) and self._is_same(gap)
        return self.compared[said.sign, gap]

    def _plain(self, relation: Relation) -> Relation:
        """The relation with names written out."""
        left, right = (expand_quantities(side, self.context) for side in (relation.left, relation.right))
        return replace(relation, left=left, right=right)

    def _allows(self, bond: Bond) -> bool:
        """Whether a step up to a constant is as good as the goal: constant in all that the goal is constant in."""
        return self.bond is not None and self.bond.constant_in <= bond.constant_in

    def _is_same(self, gap: Expr) -> bool:
        """Whether the prover brings the difference of the gaps to zero."""
        sign = Sign.EQUAL if self.bond is None else Sign.EQUAL_UP_TO_CONSTANT
        wanted = (self.gap,) if self.goal.sign is Sign.AT_MOST else (self.gap, -self.gap)
        return any(prove(Relation(gap, sign, one), self.context) is not None for one in wanted)

    def is_restated_by(self, step: Relation) -> bool:
        """Whether a step that says the goal only repeats it, with nothing but what the goal itself is written with."""
        gap, same = self._written(step), self._written(self.goal)
        return self._ingredients(step) <= self.ingredients or gap in (same, -same)

    def _ingredients(self, relation: Relation) -> set[Any]:
        """The densities and the kinds of operators and names in a relation as it is written."""
        nodes = [node for side in (relation.left, relation.right) for node in preorder_traversal(self.notation(side))]
        operators = {type(node) for node in nodes if isinstance(node, OPERATORS)}
        return operators | {node for node in nodes if isinstance(node, Density)}

    def is_led_to_by(self, steps: Iterable[Relation]) -> bool:
        """Whether steps beside a goal that is only stated are enough: an equation is put together from its pieces.

        The optimum that a goal up to a constant is about does not follow by a chain; some step has to be about it.
        A bound needs the chain: that both sides are below a third one says nothing.
        """
        steps = list(steps)
        if self.goal.sign is Sign.AT_MOST:
            return False
        if self.bond is None:
            return self.is_approached_by(steps)
        own = self._parts(self.goal)
        return any(own & self._parts(step) for step in steps if self._tells(step))

    def _parts(self, relation: Relation) -> set[Any]:
        """The expectations in a relation, by their densities, and the densities that the question defines."""
        gap = self._written(relation)
        means = {(frozenset(self.context.measure(e.measure)), e.body) for e in gap.atoms(Expectation)}
        return means | {d for d in gap.atoms(Density) if d.name in self.kept}

    def is_approached_by(self, steps: Iterable[Relation]) -> bool:
        """Whether steps that say something are about all that the goal is about, so that a human may see it in them."""
        telling = [step for step in steps if self._tells(step)]
        bounds = [step for step in telling if step.sign in BOUNDS]
        if self.goal.sign is Sign.AT_MOST:
            about = telling if bounds else []
        else:
            about = [step for step in telling if step not in bounds]
        mentioned = {name for step in about for side in (step.left, step.right) for name in _mentions(self._side(side))}
        goal = self._written(self.goal)
        return {_name(term) for term in integrands(goal) | goal.atoms(Gradient)} <= mentioned

    def _tells(self, step: Relation) -> bool:
        """Whether a step is more than the same twice, by definition or up to a constant, or a divergence spelt out."""
        if not (isinstance(step.left, Expr) and isinstance(step.right, Expr)):
            return False
        plain = without_constants(step, self.context) if is_loose(step, self.context) else step
        left, right = self._side(plain.left), self._side(plain.right)
        defined = [found for found in (divergence(side)[1] for side in (left, right)) if found is not None]
        return left != right and all((left - right).atoms(Density) - found.atoms(Density) for found in defined)

    def _written(self, relation: Relation) -> Expr:
        """The difference of the sides in the goal's notation, with names written out."""
        return self._side(relation.left - relation.right)

    def _side(self, term: Expr) -> Expr:
        return self.notation(self._expanded(term))

    def _expanded(self, term: Expr) -> Expr:
        expanded = expand_quantities(term, self.context)
        bare = {
            each: self._over_densities(each) for each in expanded.atoms(Expectation) if isinstance(each.measure, Bare)
        }
        return expanded.xreplace(bare)

    def _over_densities(self, term: Expectation) -> Expectation:
        r"""$\mathbb{E}_q$ as an expectation over the density that the context gives it, where it gives one."""
        densities = self.context.measure(term.measure)
        return Expectation(densities[0], term.body) if len(densities) == 1 else term

    def _marks(self, gap: Expr) -> set[str]:
        """What a rearranged statement cannot lose: unknown functions, and densities that the question defines."""
        return {d.name for d in gap.atoms(Density) if d.name.startswith("[") or d.name in self.kept}


def _upwards(relation: Relation) -> Relation:
    """The relation with a sign that is not `>=`."""
    if relation.sign in OPPOSITE:
        return Relation(relation.right, OPPOSITE[relation.sign], relation.left)
    return relation


class _Unknown:
    """Writes the goal's divergences, and gradients, as the logs of unknown functions of what they depend on.

    Where the goal has a divergence from something the model does not give, such as the posterior, that stays unknown
    too: otherwise the definition of the divergence would say the same as the goal, by Bayes' theorem.
    """

    def __init__(self, goal: Expr, context: Context) -> None:
        factors = {d for joint in context.factorizations for factor in joint.factors for d in factor.atoms(Density)}
        divergences = goal.atoms(KL)
        self.divergences = set(map(_name, divergences))
        self.targets = {kl.p for kl in divergences if isinstance(kl.p, Density)} - factors

    def __call__(self, term: Basic) -> Any:
        sign, found = divergence(term) if self.divergences else (0, None)
        if found is not None and _name(found) in self.divergences:
            bound = found.q.of if isinstance(found.q, Density) else ()
            return sign * _function(found, tuple(v for v in _variables(found) if v not in bound))
        if isinstance(term, Gradient):
            return _function(term, _variables(term))
        if term in self.targets:
            return Density(f"[{term}]", term.of, term.given)
        return term if not term.args else term.func(*(self(part) for part in term.args))


def _function(term: Expr, variables: tuple[Expr, ...]) -> Expr:
    """An unknown function of the variables, one for each term."""
    return log(Density(f"[{_name(term)}]", variables)) if variables else Symbol(_name(term), real=True)


def _name(term: Expr) -> str:
    r"""The term in writing, whatever its running index is called and wherever it begins: $t - 1, t$ is $s, s + 1$."""
    letters = sorted((s for s in term.free_symbols if s.is_integer), key=str)
    for number, letter in enumerate(letters):
        steps = [v.index - letter for v in term.atoms(Variable) if v.index is not None]
        last = max((step for step in steps if step.is_Integer), default=0)
        term = term.xreplace({letter: Symbol(f"index{number}", integer=True) - last})
    return str(term)


def _mentions(term: Basic) -> set[str]:
    r"""The densities and gradients in a term by name; who writes $p(X \mid Z)$ means a part of $p(X, Z)$."""
    densities = term.atoms(Density)
    joints = {Density(d.name, (*d.of, *d.given), (), d.parameters) for d in densities}
    return set(map(_name, densities | joints | term.atoms(Gradient)))


def _variables(term: Basic) -> tuple[Expr, ...]:
    """The random variables that a term mentions, its parameters aside."""
    return tuple(sorted(term.atoms(Variable) | term.atoms(VariableRange), key=lambda v: v.sort_key()))


def divergence(term: Basic) -> tuple[int, KL | None]:
    r"""$\pm KL(q \| p)$ and its sign, also as $\mathbb{E}_q[\log(q/p)]$ or as an integral; None for anything else."""
    if isinstance(term, KL):
        return 1, term
    if isinstance(term, Expectation):
        return _ratio(term.measure, term.body)
    if isinstance(term, Marginal) and isinstance(term.body, Mul):
        for q in term.body.args:
            if isinstance(q, Density) and set(q.of) == set(term.variables):
                return _ratio(q, term.body / q)
    return 0, None


def _ratio(q: Basic, body: Expr) -> tuple[int, KL | None]:
    """KL(q || p) for the body log(q/p), and minus that for log(p/q)."""
    powers: dict[Basic, Any] = {}
    for part in Add.make_args(body):
        coefficient, rest = part.as_coeff_Mul()
        if not isinstance(rest, log):
            return 0, None
        for factor in Mul.make_args(rest.args[0]):
            base, exponent = factor.as_base_exp() if isinstance(factor, Pow) else (factor, 1)
            powers[base] = powers.get(base, 0) + coefficient * exponent
    others = {base: power for base, power in powers.items() if base != q}
    sign = powers.get(q)
    if sign not in (1, -1) or list(others.values()) != [-sign]:
        return 0, None
    return int(sign), KL(q, next(iter(others)))


__all__ = ["Shown", "divergence"]
