r"""Inequalities between expectations: Jensen's inequality for the log, in the forms derivations use it.

* $\mathbb{E}_m[\log g] \le \log \mathbb{E}_m[g]$ for a probability measure m;
* $\log \sum_k a_k w_k \ge \sum_k a_k \log w_k$ for weights that sum to one;
* averages over more draws: $\mathbb{E} \log \frac1M \sum_{k \le M} w_k \ge \mathbb{E} \log \frac1K \sum_{k \le K} w_k$
  for $M \ge K$, because the left average is the mean over all subsets of size K (Burda et al. 2016, Theorem 1);
* $KL \ge 0$, the first with $g = p / q$.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from sympy import Add, Expr, Integer, log, simplify

from derivations.language import KL, Density, Expectation, IndexedSum
from derivations.prover.collect import canonical, collected
from derivations.prover.expand import Expander
from derivations.prover.integrate import simplified
from derivations.prover.knowledge import Knowledge
from derivations.prover.normal import normal
from derivations.prover.order import never_negative
from derivations.prover.terms import Function, Log, Term, Terms, apart, number, product, weights_of

_DEPTH = 3


def is_never_negative(lower: Expr, upper: Expr, known: Knowledge) -> bool:
    """Whether upper - lower >= 0 follows from the rules."""
    if not normal(upper, lower, known):
        return True
    positive = [part for part in Add.make_args(upper) if _manifest(part)]
    negative = [-part for part in Add.make_args(lower) if _manifest(-part)]
    if (positive or negative) and not normal(upper - Add(*positive), lower + Add(*negative), known):
        known.note("KL >= 0")
        return True
    return _holds(normal(upper, lower, known, whole=True), known, _DEPTH)


def _manifest(part: Expr) -> bool:
    """Whether a summand is a divergence, or an expectation or sum of divergences, with a positive factor."""
    coefficient, rest = part.as_coeff_Mul()
    while isinstance(rest, (Expectation, IndexedSum)):
        rest = rest.body
    return bool(coefficient > 0) and (
        _is_divergence(rest) or (isinstance(rest, Add) and all(_manifest(arg) for arg in rest.args))
    )


def _is_divergence(term: Expr) -> bool:
    """KL between two densities of the same variables; between anything else it may be negative."""
    return (
        isinstance(term, KL)
        and isinstance(term.q, Density)
        and isinstance(term.p, Density)
        and set(term.q.of) == set(term.p.of)
        and not set(term.q.of) & set(term.q.given)
    )


def _holds(terms: Terms, known: Knowledge, depth: int) -> bool:
    """Whether a sum of terms is never negative."""
    if all(term.is_number for term in terms):
        total = simplify(Add(*(term.coefficient for term in terms)))
        return bool(total.is_nonnegative)
    if _by_gibbs(terms, known):
        return True
    return depth > 0 and any(_holds(smaller, known, depth - 1) for smaller in _lower_bounds(terms, known))


def _lower_bounds(terms: Terms, known: Knowledge) -> Iterator[Terms]:
    """Sums of terms that are at most the given one, each by one use of Jensen's inequality."""
    for term in terms:
        rest = tuple(other for other in terms if other is not term)
        if len(term.factors) == 1 and isinstance(term.factors[0], Function) and term.factors[0].name == "log":
            for bound in (_outside(term, known), _inside(term, known)):
                if bound is not None:
                    yield collected(rest + bound, known)
            for other in rest:
                bound = _more_draws(term, other, known)
                if bound is not None:
                    yield collected((*(t for t in rest if t is not other), *bound), known)


def _is_probability(term: Term, known: Knowledge) -> bool:
    """Whether a term's weights are a density over its bound variables."""
    measure = simplified((replace(term, coefficient=Integer(1), factors=(), sums=()),), known)
    return bool(term.bound) and measure == number(1)


def _outside(term: Term, known: Knowledge) -> Terms | None:
    """-E[log g] >= -log E[g]."""
    if not term.coefficient.is_negative or term.sums or not _is_probability(term, known):
        return None
    (closed,) = term.factors
    measure = (replace(term, coefficient=Integer(1), factors=()),)
    inside = tuple(apart(part, known) for part in closed.terms)  # type: ignore[union-attr]
    mean = collected(simplified(product(measure, inside), known), known)
    known.note("Jensen's inequality: the mean of a log is at most the log of the mean")
    return _scaled_log(mean, term.coefficient, known)


def _scaled_log(inside: Terms, coefficient: Expr, known: Knowledge) -> Terms:
    logs = Expander(known, whole=True).log_of_terms(inside)
    return tuple(replace(part, coefficient=part.coefficient * coefficient) for part in logs)


def _inside(term: Term, known: Knowledge) -> Terms | None:
    """E[log of an average] >= E[average of the logs]."""
    if not term.coefficient.is_positive:
        return None
    (closed,) = term.factors
    parts = [apart(part, known) for part in closed.terms]  # type: ignore[union-attr]
    total = Add(*(_mass(part) for part in parts))
    if any(part.bound or part.factors or not part.coefficient.is_positive for part in parts):
        return None
    rest = replace(term, factors=())
    found: list[Term] = []
    for part in parts:
        logs = Expander(known, whole=True).log_of_terms((Term(Integer(1), part.weights),))
        share = part.coefficient / total
        found += product(
            (replace(rest, sums=rest.sums + part.sums),),
            tuple(replace(piece, coefficient=piece.coefficient * share) for piece in logs),
        )
    known.note("Jensen's inequality: the log of an average is at least the average of the logs")
    return simplified((*found, *product((rest,), number(log(total)))), known)


def _mass(part: Term) -> Expr:
    """The coefficient, times the number of members of each sum."""
    mass = part.coefficient
    for _, lower, upper in part.sums:
        mass = mass * (upper - lower + 1)
    return mass


def _more_draws(more: Term, fewer: Term, known: Knowledge) -> Terms | None:
    """c E log(sum over M draws) - c E log(sum over K draws) >= c log(M / K) for M >= K."""
    if not more.coefficient.is_positive or simplify(more.coefficient + fewer.coefficient) != 0:
        return None
    sizes = [_draws_summed(term, known) for term in (more, fewer)]
    if None in sizes or sizes[0][0] != sizes[1][0]:  # type: ignore[index]
        return None
    many, few = sizes[0][1], sizes[1][1]  # type: ignore[index]
    if not never_negative(many - few, known.scope):
        return None
    known.note("an average of more draws is an average over subsets (Jensen's inequality)")
    return number(more.coefficient * (log(many) - log(few)))


def _draws_summed(term: Term, known: Knowledge) -> tuple[str, Expr] | None:
    """(the summand, the number of draws) of E log(sum of one function of each of n independent draws)."""
    if len(term.bound) != 1 or len(term.factors) != 1 or not isinstance(term.factors[0], Function):
        return None
    (block,), (closed,) = term.bound, term.factors
    if not block.is_range or block.base.name not in known.draws or len(closed.terms) != 1:  # type: ignore[union-attr]
        return None
    (inner,) = closed.terms  # type: ignore[union-attr]
    if len(inner.sums) != 1 or not _is_probability(term, known):
        return None
    ((_, lower, upper),) = inner.sums
    if (block.base.lower, block.base.upper) != (lower, upper) or lower != 1:
        return None
    return str(replace(inner, sums=())), upper


def _by_gibbs(terms: Terms, known: Knowledge) -> bool:
    """-E_m[log g] >= -log E_m[g] for one measure m and a g that is a product of marginals."""
    logs = [term for term in terms if not term.is_number]
    if any(len(t.factors) != 1 or not isinstance(t.factors[0], Log) or t.sums for t in logs):
        return False
    widest = max(logs, key=lambda t: len(t.bound) + 100 * sum(v.is_range for v in t.bound))
    measure = replace(widest, coefficient=Integer(1), factors=())
    if not all(t.coefficient.is_Integer and _is_under(t, measure, known) for t in logs):
        return False
    powers = [(t.factors[0].joint, -int(t.coefficient)) for t in logs]  # type: ignore[union-attr]
    weighted = replace(measure, weights=weights_of([*measure.weights, *powers]))
    offset = Add(*(term.coefficient for term in terms if term.is_number))
    if not _is_probability(measure, known):
        return False
    mean = collected(simplified((weighted,), known), known)
    if len(mean) != 1 or not mean[0].is_number or not mean[0].coefficient.is_positive:
        return False
    known.note("Jensen's inequality: KL >= 0")
    return bool(simplify(offset - log(mean[0].coefficient)).is_nonnegative)


def _is_under(term: Term, measure: Term, known: Knowledge) -> bool:
    """Whether a term is the expectation of its log under the measure."""
    lifted = simplified((replace(measure, factors=term.factors),), known)
    if len(lifted) != 1:
        return False
    plain = replace(term, coefficient=Integer(1))
    return str(canonical(lifted[0], known)) == str(canonical(plain, known))
