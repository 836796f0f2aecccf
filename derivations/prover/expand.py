"""An expression of the language as a sum of terms: definitions, linearity, densities as ratios of marginals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sympy import Add, Basic, Expr, Integer, Mul, Pow, exp, log, preorder_traversal

from derivations.definitions import substituted
from derivations.language import (
    KL,
    Constant,
    Density,
    Entropy,
    Expectation,
    Gradient,
    IndexedProduct,
    IndexedSum,
    Marginal,
    StopGradient,
    Variable,
    contains,
)
from derivations.prover.collect import collected
from derivations.prover.derivatives import derivative
from derivations.prover.integrate import simplified
from derivations.prover.knowledge import Knowledge, stopped_parameters, unstopped
from derivations.prover.order import never_negative
from derivations.prover.ranges import as_ranges, range_of
from derivations.prover.split import log_terms
from derivations.prover.stopped import hidden
from derivations.prover.terms import (
    Function,
    J,
    Log,
    Term,
    Terms,
    Unprovable,
    V,
    apart,
    number,
    product,
    rename,
    scale,
    variables_of,
    weights_of,
)

_RANDOM = (Density, Expectation, KL, Entropy, Marginal, Gradient, IndexedSum, IndexedProduct, StopGradient, Variable)
_LIMIT = 400  # terms of one expression
_WRITTEN_OUT = 8  # sums of fewer members are written out


class Expander:
    """Turns expressions into terms; `whole` keeps logs of joints in one piece (for Jensen's inequality)."""

    def __init__(self, known: Knowledge, whole: bool = False) -> None:
        self.known = known
        self.whole = whole

    def terms(self, expr: Basic) -> Terms:
        """`expr` as a sum of terms; raises `Unprovable` for what no rule reads."""
        found = self._terms(expr)
        if len(found) > _LIMIT:
            raise Unprovable("too many terms")
        return found

    def _terms(self, expr: Basic) -> Terms:
        """The terms by the rule for this kind of expression.  Raises Unprovable."""
        if isinstance(expr, Constant):
            return ()
        if not contains(expr, *_RANDOM):
            return number(expr)
        for kind, rule in _RULES.items():
            if isinstance(expr, kind):
                return rule(self, expr)
        raise Unprovable(f"no rule reads {expr}")

    # densities

    def density(self, density: Density) -> Terms:
        """A density as a ratio of marginals: the chain rule and Bayes' theorem in one."""
        stopped = stopped_parameters(density)
        density = unstopped(density)
        given = self.known.variables(density.given)
        of = self.known.variables(density.of)
        above = self.known.marginal(density.name, [*of, *given], stopped)
        below = self.known.marginal(density.name, given, stopped) if given else None
        if given:
            self.known.note("definition of conditional densities")
        pairs = [(joint, e) for joint, e in ((above, 1), (below, -1)) if joint is not None]
        return (Term(Integer(1), weights_of(pairs)),)

    def product_of_densities(self, expr: IndexedProduct) -> Terms:
        """A chain or a plate written as a product is a density over a range."""
        return self.terms(as_ranges(expr, self.known))

    # operators

    def integral(self, factors: Iterable[Basic], body: Terms, over: Iterable[V] | None = None) -> Terms:
        """The body under a product of densities, over the variables they are densities of."""
        weights: Terms = number(1)
        bound: list[V] = list(over or ())
        for factor in factors:
            weights = product(weights, self.terms(factor))
            bound += self._drawn(factor)
        self._refuse_tied_noise(bound, body)
        copy = self.known.new_copy()
        fresh = {v: V(v.base, copy) for v in bound}

        def change(v: V) -> V:
            """The fresh copy of what this expectation draws, also for a member of a range that it draws."""
            if v.copy:
                return v
            if v in fresh:
                return fresh[v]
            inside = any(b.is_range and b.base.name == v.base.name and self._inside(v, b) for b in bound)
            return V(v.base, copy) if inside else v

        terms = product(weights, body)
        moved = tuple(self._bind(rename(term, change), fresh.values()) for term in terms)
        return simplified(moved, self.known)

    def _refuse_tied_noise(self, bound: list[V], body: Terms) -> None:
        """A sample and its noise move together; no rule integrates over one and keeps the other."""
        paths = self.known.context.paths
        noise = {V(v) for path in paths.values() for v in preorder_traversal(path) if isinstance(v, Variable)}
        slopes = {s for term in body for s in term.coefficient.free_symbols if s in self.known.slopes}
        if noise & set(bound) or (slopes and {V(z) for z in paths} & set(bound)):
            raise Unprovable("an expectation over a sample and its noise")

    def _bind(self, term: Term, fresh: Iterable[V]) -> Term:
        for joint, _ in term.weights:
            self.known.merged(joint.variables)
        return replace(term, bound=term.bound | set(fresh))

    def _inside(self, v: V, block: V) -> bool:
        """Is the variable a member of the range?  Raises Unprovable where that depends on the indices."""
        if self.known.within(v.base, block.base):
            return True
        joined = self.known._join(block.base, v.base)  # raises if it depends on the indices
        return joined == block.base

    def _drawn(self, factor: Basic) -> list[V]:
        """The variables that a density, or a product of densities, draws."""
        if isinstance(factor, Mul):
            return [v for inner in factor.args for v in self._drawn(inner)]
        if isinstance(factor, IndexedProduct):
            (v,) = factor.body.of
            return [V(range_of(factor, v))]
        if not isinstance(factor, Density):
            raise Unprovable(f"{factor} is not a density")
        given = set(self.known.variables(factor.given))
        return [v for v in self.known.variables(factor.of) if v not in given]

    def expectation(self, expr: Expectation) -> Terms:
        r"""$\mathbb{E}_q[f] = \int q f$, over the densities that the context gives the measure."""
        try:
            measure = self.known.context.measure(expr.measure)
        except KeyError as error:
            raise Unprovable(str(error)) from error
        if not measure:
            raise Unprovable(self.known.context.unknown(expr.measure))
        return self.integral(measure, self.terms(expr.body))

    def divergence(self, expr: KL) -> Terms:
        r"""$KL(q \| p) = \int q (\log q - \log p)$."""
        self.known.note("definition of KL")
        factors = expr.q.args if isinstance(expr.q, Mul) else (expr.q,)
        return self.integral(factors, self.log(expr.q) + scale(self.log(expr.p), Integer(-1)))

    def entropy(self, expr: Entropy) -> Terms:
        r"""$H(q) = -\int q \log q$."""
        self.known.note("definition of entropy")
        factors = expr.q.args if isinstance(expr.q, Mul) else (expr.q,)
        return self.integral(factors, scale(self.log(expr.q), Integer(-1)))

    def log(self, argument: Basic) -> Terms:
        """Logs of products open; the log of a sum stays closed."""
        if isinstance(argument, Mul):
            self.known.note("log of a product")
            return tuple(term for factor in argument.args for term in self.log(factor))
        if isinstance(argument, Pow) and argument.exp.is_number:
            return scale(self.log(argument.base), argument.exp)
        if isinstance(argument, IndexedProduct):
            self.known.note("log of a product")
            return self.terms(IndexedSum(log(argument.body), argument.index, argument.lower, argument.upper))
        if isinstance(argument, exp):
            return self.terms(argument.args[0])
        return self.log_of_terms(self.terms(argument))

    def log_of_terms(self, inside: Terms) -> Terms:
        r"""$\log(c \, p^a q^b) = \log c + a \log p + b \log q$; the log of any other sum is closed."""
        inside = self.closed(inside)
        if not inside:
            raise Unprovable("the log of zero")
        if len(inside) == 1 and inside[0].is_monomial:
            (term,) = inside
            logs = [scale(self._log_of(joint), Integer(e)) for joint, e in term.weights]
            return tuple(t for terms in logs for t in terms) + number(log(term.coefficient))
        if len(inside) == 1 and _is_exponential(inside[0]):
            ((exponential,), leading) = inside[0].factors, inside[0].coefficient
            return (*exponential.terms, *number(log(leading)))  # type: ignore[union-attr]
        leading = inside[0].coefficient if len({term.coefficient for term in inside}) == 1 else Integer(1)
        if not leading.is_positive:
            leading = Integer(1)
        closed = Function("log", scale(inside, 1 / leading))
        return (Term(Integer(1), factors=(closed,)), *number(log(leading)))

    def closed(self, inside: Terms) -> Terms:
        """Terms in normal form, with bound variables of their own, to stand inside a function."""
        return tuple(apart(term, self.known) for term in collected(inside, self.known))

    def exponential(self, expr: exp) -> Terms:
        r"""$\exp(f)$, closed over the normal form of $f$."""
        return (Term(Integer(1), factors=(Function("exp", self.closed(self.terms(expr.args[0]))),)),)

    def _log_of(self, joint: J) -> Terms:
        return (Term(Integer(1), factors=(Log(joint),)),) if self.whole else log_terms(joint, self.known)

    def sum(self, expr: IndexedSum) -> Terms:
        """A sum of few members is written out, a longer one keeps its index and range."""
        if (expr.upper - expr.lower).is_Integer and expr.upper - expr.lower < _WRITTEN_OUT:
            members = range(int(expr.upper - expr.lower) + 1)
            return tuple(t for i in members for t in self._member(expr, expr.lower + i))
        try:
            return self._members(expr, expr.lower)
        except Unprovable:
            if not never_negative(expr.upper - expr.lower, self.known.scope):
                raise
            self.known.note("the first member of a sum apart (a variable given itself is a point mass)")
            return self._member(expr, expr.lower) + self._members(expr, expr.lower + 1)

    def _member(self, expr: IndexedSum, at: Expr) -> Terms:
        return self.terms(substituted(expr.body, {expr.index: at}))

    def _members(self, expr: IndexedSum, lower: Expr) -> Terms:
        fresh = self.known.new_index(expr.index, lower, expr.upper)
        limits = (fresh, lower, expr.upper)
        return tuple(replace(term, sums=(limits, *term.sums)) for term in self._member(expr, fresh))

    def power(self, expr: Pow) -> Terms:
        r"""$(c \, p^a)^e = c^e p^{ae}$; a small whole power of a sum is multiplied out."""
        inside = self.terms(expr.base)
        if len(inside) == 1 and inside[0].is_monomial and expr.exp.is_Integer:
            (term,) = inside
            powers = weights_of((joint, e * int(expr.exp)) for joint, e in term.weights)
            return (Term(term.coefficient**expr.exp, powers),)
        if not expr.exp.is_Integer or abs(expr.exp) > 3:
            raise Unprovable(f"no rule reads {expr}")
        factor = inside if expr.exp > 0 else self.inverse(inside)
        return self._multiply([factor] * abs(int(expr.exp)))

    def inverse(self, inside: Terms) -> Terms:
        """$1/f$, closed over the normal form of $f$."""
        return (Term(Integer(1), factors=(Function("inverse", self.closed(inside)),)),)

    def _multiply(self, factors: list[Terms]) -> Terms:
        """Products of sums, with bound variables and indices kept apart."""
        result: Terms = number(1)
        for terms in factors:
            result = product(result, tuple(apart(term, self.known) for term in terms))
        return simplified(result, self.known)

    def stopped(self, expr: StopGradient) -> Terms:
        r"""$\operatorname{sg}[f]$: $f$ with parameters that no derivative sees."""
        if {V(z) for z in self.known.context.paths} & {v for t in self.terms(expr.body) for v in variables_of(t)}:
            raise Unprovable("stop-gradient of a sample")
        return hidden(self.terms(expr.body))


def _is_exponential(term: Term) -> bool:
    functions = [f for f in term.factors if isinstance(f, Function) and f.name == "exp"]
    return len(functions) == len(term.factors) == 1 and not (term.weights or term.bound or term.sums)


_RULES: dict[type, Any] = {
    Density: Expander.density,
    Expectation: Expander.expectation,
    KL: Expander.divergence,
    Entropy: Expander.entropy,
    Marginal: lambda self, e: self.integral((), self.terms(e.body), self.known.variables(e.variables)),
    Add: lambda self, e: tuple(term for arg in e.args for term in self.terms(arg)),
    Mul: lambda self, e: self._multiply([self.terms(arg) for arg in e.args]),
    Pow: Expander.power,
    log: lambda self, e: self.log(e.args[0]),
    exp: Expander.exponential,
    IndexedSum: Expander.sum,
    IndexedProduct: Expander.product_of_densities,
    StopGradient: Expander.stopped,
    Gradient: derivative,
}
