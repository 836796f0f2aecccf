"""An expression of the language as a sum of terms: definitions, linearity, densities as ratios of marginals."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from sympy import Add, Basic, Expr, Integer, Mul, Pow, Symbol, Tuple, exp, log, preorder_traversal

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
    TotalGradient,
    Variable,
    VariableRange,
    contains,
)
from derivations.prover.calculus import functional_derivative, gradient
from derivations.prover.collect import collected
from derivations.prover.integrate import simplified
from derivations.prover.knowledge import Knowledge, stopped_parameters, unstopped
from derivations.prover.order import never_negative
from derivations.prover.split import chain_letter, log_terms
from derivations.prover.terms import (
    Function,
    J,
    Log,
    Relative,
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
        body = expr.body
        if not isinstance(body, Density) or len(body.of) != 1:
            raise Unprovable(f"no rule reads {expr}")
        (v,) = body.of
        letter = chain_letter(expr)
        if letter is None:
            return self._plate(expr, v)
        if not any(chain_letter(f) == letter for f in self.known.factors(body.name)):
            raise Unprovable(f"{expr} is no chain of the context")
        self.known.note("Markov chain")
        offset, back = v.index - expr.index, body.given[0].index - expr.index
        ends = sorted((offset, back))
        root = (expr.lower if back < offset else expr.upper) + back
        chain = type(v)(v.name, expr.lower + ends[0]), type(v)(v.name, expr.upper + ends[1])
        return self.density(Density(body.name, [_range(*chain)], (), body.parameters)) if root is None else (
            self._ratio(body.name, V(_range(*chain)), V(type(v)(v.name, root))))

    def _ratio(self, name: str, above: V, below: V) -> Terms:
        top, bottom = self.known.marginal(name, [above]), self.known.marginal(name, [below])
        if top is None or bottom is None:
            raise Unprovable(f"{name} is no chain")
        return (Term(Integer(1), weights_of([(top, 1), (bottom, -1)])),)

    def _plate(self, expr: IndexedProduct, v: Any) -> Terms:
        """A plate over its full range, or draws, with everything shared among the conditions."""
        if v.index is None or v.index != expr.index:
            raise Unprovable(f"no rule reads {expr}")
        own = next((f for f in self.known.factors(expr.body.name) if isinstance(f, IndexedProduct)
                    and f.body.of[0].name == v.name), None)
        inside = expr.body.given if own is None else own.body.given
        if any(u.has(expr.index) for u in expr.body.given if u.index is not None):
            raise Unprovable(f"no rule reads {expr}")
        if (own is None and v.name not in self.known.draws) or set(inside) - set(expr.body.given):
            raise Unprovable(f"{expr} is no plate of the context")
        block = type(expr.body)(expr.body.name, [_range(v.xreplace({expr.index: expr.lower}),
                                                        v.xreplace({expr.index: expr.upper}))],
                                expr.body.given, expr.body.parameters)
        self.known.note("independent draws")
        return self.density(block)

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
        if self.known.within(v.base, block.base):
            return True
        joined = self.known._join(block.base, v.base)  # raises if it depends on the indices
        return joined == block.base

    def _drawn(self, factor: Basic) -> list[V]:
        if isinstance(factor, Mul):
            return [v for inner in factor.args for v in self._drawn(inner)]
        if isinstance(factor, IndexedProduct):
            (v,) = factor.body.of
            return [V(_range(v.xreplace({factor.index: factor.lower}), v.xreplace({factor.index: factor.upper})))]
        if not isinstance(factor, Density):
            raise Unprovable(f"{factor} is not a density")
        given = set(self.known.variables(factor.given))
        return [v for v in self.known.variables(factor.of) if v not in given]

    def expectation(self, expr: Expectation) -> Terms:
        try:
            measure = self.known.context.measure(expr.measure)
        except KeyError as error:
            raise Unprovable(str(error)) from error
        if not measure:
            raise Unprovable(f"the context does not say what {expr.measure} means")
        return self.integral(measure, self.terms(expr.body))

    def divergence(self, expr: KL) -> Terms:
        self.known.note("definition of KL")
        factors = expr.q.args if isinstance(expr.q, Mul) else (expr.q,)
        return self.integral(factors, self.log(expr.q) + scale(self.log(expr.p), Integer(-1)))

    def entropy(self, expr: Entropy) -> Terms:
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
        return (Term(Integer(1), factors=(Function("exp", self.closed(self.terms(expr.args[0]))),)),)

    def _log_of(self, joint: J) -> Terms:
        return (Term(Integer(1), factors=(Log(joint),)),) if self.whole else log_terms(joint, self.known)

    def sum(self, expr: IndexedSum) -> Terms:
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
        inside = self.terms(expr.base)
        if len(inside) == 1 and inside[0].is_monomial and expr.exp.is_Integer:
            (term,) = inside
            powers = weights_of((joint, e * int(expr.exp)) for joint, e in term.weights)
            return (Term(term.coefficient ** expr.exp, powers),)
        if not expr.exp.is_Integer or abs(expr.exp) > 3:
            raise Unprovable(f"no rule reads {expr}")
        factor = inside if expr.exp > 0 else self.inverse(inside)
        return self._multiply([factor] * abs(int(expr.exp)))

    def inverse(self, inside: Terms) -> Terms:
        return (Term(Integer(1), factors=(Function("inverse", self.closed(inside)),)),)

    def _multiply(self, factors: list[Terms]) -> Terms:
        """Products of sums, with bound variables and indices kept apart."""
        result: Terms = number(1)
        for terms in factors:
            result = product(result, tuple(apart(term, self.known) for term in terms))
        return simplified(result, self.known)

    def gradient(self, expr: Gradient) -> Terms:
        if isinstance(expr.wrt, Density):
            self.known.note("functional derivative")
            return self._functional(expr)
        if isinstance(expr.wrt, Tuple):
            raise Unprovable("a column of derivatives")
        path = self._moved(expr)
        if path is not None:
            return path
        if not self._is_parameter(expr.wrt):
            raise Unprovable(f"{expr.wrt} is not a parameter")
        body = self.terms(expr.body)
        found = gradient(body, expr.wrt, self.known)
        if isinstance(expr, TotalGradient):
            for z, sample in self.known.context.paths.items():
                slope = self._moved(Gradient(sample, expr.wrt))
                through = gradient(body, z, self.known)
                if through and slope is not None:
                    self.known.note("chain rule: total derivative = path derivative + partial derivative")
                    found += product(through, slope)
        self.known.note("derivative under the integral, log-derivative identity")
        return simplified(found, self.known)

    def _is_parameter(self, wrt: Basic) -> bool:
        return isinstance(wrt, (Symbol, Variable)) or wrt in {
            p for d in self.known.mentions for p in d.parameters}

    def _moved(self, expr: Gradient) -> Terms | None:
        """The derivative of a sample in a parameter, which stays as it is; None for any other gradient."""
        if expr.body not in self.known.context.paths.values() or expr.wrt not in expr.body.free_symbols:
            return None
        slope = Symbol(f"d{expr.body}/d{expr.wrt}", real=True)
        self.known.slopes.add(slope)
        return number(slope)

    def _functional(self, expr: Gradient) -> Terms:
        frozen = self.known.frozen
        self.known.frozen = frozen | {expr.wrt.name}
        try:
            inside = self.terms(expr.body)
        finally:
            self.known.frozen = frozen
        return simplified(functional_derivative(inside, expr.wrt, self.known), self.known)

    def stopped(self, expr: StopGradient) -> Terms:
        if {V(z) for z in self.known.context.paths} & {v for t in self.terms(expr.body) for v in variables_of(t)}:
            raise Unprovable("stop-gradient of a sample")

        def hide(joint: J) -> J:
            return replace(joint, stopped=True)
        return tuple(_map_joints(term, hide) for term in self.terms(expr.body))


def _is_exponential(term: Term) -> bool:
    functions = [f for f in term.factors if isinstance(f, Function) and f.name == "exp"]
    return len(functions) == len(term.factors) == 1 and not (term.weights or term.bound or term.sums)


def _map_joints(thing: Any, change: Any) -> Any:
    if isinstance(thing, Log):
        return Log(change(thing.joint))
    if isinstance(thing, Relative):
        raise Unprovable("stop-gradient of a gradient")
    if isinstance(thing, Function):
        return Function(thing.name, tuple(_map_joints(term, change) for term in thing.terms))
    return replace(thing, weights=weights_of((change(j), e) for j, e in thing.weights),
                   factors=tuple(_map_joints(f, change) for f in thing.factors))


def revealed(terms: Terms) -> Terms:
    """Outside every gradient a stopped value is the value itself."""
    return tuple(_map_joints(term, lambda joint: replace(joint, stopped=False))
                 if any("!" in str(part) for part in (term,)) else term for term in terms)


def _range(lower: Any, upper: Any) -> Any:
    return lower if lower == upper else VariableRange(lower.name, lower.index, upper.index)


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
    Gradient: Expander.gradient,
}

__all__ = ["Expander", "revealed"]
