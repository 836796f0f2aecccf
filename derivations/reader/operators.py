"""The meaning of logs, expectations, integrals and sums: the operators of latex.lark that gradients.py leaves."""

from __future__ import annotations

from functools import partial
from typing import Any

import sympy
from lark import Token, v_args
from sympy import Add, Basic, Expr, Integer, Mul, Symbol, Tuple

from derivations.densities import Density, Variable, is_variable
from derivations.language import (
    KL,
    AllBut,
    Bare,
    Draws,
    Entropy,
    Expectation,
    IndexedProduct,
    IndexedSum,
    Marginal,
    Quantity,
    StopGradient,
    contains,
)
from derivations.members import letters_of, member, numbers_of
from derivations.reader.atoms import at
from derivations.reader.errors import ReadError
from derivations.reader.factors import factor_named, family_of, meant, with_factors
from derivations.reader.gradients import Gradients
from derivations.reader.letters import Condition, Scripts, listed

MAX_MEMBERS = 20


@v_args(inline=True)
class Operators(Gradients):
    """Turns a parse tree into one term of the language."""

    # --- sums --------------------------------------------------------------------------------------------
    def expr(self, *parts: Any) -> Any:
        """`a + b - c`."""
        if len(parts) == 1:
            return parts[0]
        terms: list[Expr] = []
        sign = 1
        for part in parts:
            if isinstance(part, Token):
                sign = -1 if part.type == "MINUS" else 1
            else:
                self._add(terms, sign * self._factor(part))
                sign = 1
        return Add(*terms)

    def _add(self, terms: list[Expr], term: Expr) -> None:
        r"""The scope of $\sum_t$ goes on for as long as its index is used: `\sum_t a_t - b_t` is one sum."""
        if terms and (loop := _open_sum(terms[-1])) is not None and loop.index in term.free_symbols:
            scale = terms.pop() / loop
            terms.append(scale * IndexedSum(loop.body + term / abs(scale), loop.index, loop.lower, loop.upper))
        else:
            terms.append(term)

    def summation(self, mark: Token, scripts: Scripts, body: Expr) -> Expr:
        r"""`\sum_{k=1}^K a_k`; over a variable, `\sum_z`, it is an integral."""
        if len(scripts.below) == 1 and is_variable(scripts.below[0]):
            return Marginal(body, scripts.below[0])
        return self._loop(IndexedSum, mark, scripts, body)

    def product(self, mark: Token, scripts: Scripts, body: Expr) -> Expr:
        r"""`\prod_{n=1}^N a_n`."""
        return self._loop(IndexedProduct, mark, scripts, body)

    def _loop(self, kind: type, mark: Token, scripts: Scripts, body: Expr) -> Expr:
        """A sum or product, limits from the context where none stand; over numbered densities it is written out."""
        if len(scripts.below) != 1:
            raise at(mark, "a sum or product needs one index below it")
        if isinstance(scripts.below[0], Condition) and scripts.below[0].sign in (r"\ne", r"\neq"):
            return self._all_but(kind, mark, scripts.below[0], self._factor(body))
        index, lower, upper = self._limits(mark, scripts.below[0])
        upper = upper if scripts.above is None else scripts.above
        body = with_factors(index, self._factor(body), self.context)
        numbers = numbers_of(self.context) if index.name in letters_of(body) else []
        if numbers and None in (lower, upper):
            lower, upper = Integer(numbers[0]), Integer(numbers[-1])
        if upper is None or lower is None:
            raise at(mark, f"the context gives no range for the index {index}")
        if index.name not in letters_of(body):
            return kind(body, index, lower, upper)
        if not (lower.is_Integer and upper.is_Integer and 0 < upper - lower < MAX_MEMBERS):
            raise at(mark, f"densities numbered by {index} need a range such as {index} = 1, ..., 3")
        members = [member(body, index, number) for number in range(int(lower), int(upper) + 1)]
        return Add(*members) if kind is IndexedSum else Mul(*members)

    def _all_but(self, kind: type, mark: Token, bound: Condition, body: Expr) -> Expr:
        r"""`\prod_{j \neq 1} q_j(Z_j)`: the members but one, of the densities that the context numbers."""
        body = with_factors(bound.left, body, self.context)
        if not isinstance(bound.left, Symbol) or bound.left.name not in letters_of(body):
            raise at(mark, "this condition on an index cannot be read")
        left = [number for number in numbers_of(self.context) if number != bound.right]
        members = [member(body, bound.left, number) for number in left]
        return Add(*members) if kind is IndexedSum else Mul(*members)

    def _limits(self, mark: Token, bound: Any) -> tuple[Symbol, Expr | None, Expr | None]:
        """The index with its bounds; those left out come from the context."""
        index = bound.left if isinstance(bound, Condition) else bound
        if not isinstance(index, Symbol):
            raise at(mark, "the index of a sum or product must be one letter")
        lower, upper = self.context.ranges.get(index.name, (None, None))
        if not isinstance(bound, Condition):
            return index, lower, upper
        starts = {"=": 0, ">": 1, r"\gt": 1, r"\ge": 0, r"\geq": 0}
        if bound.sign not in starts:
            raise at(mark, "this condition on an index cannot be read")
        return index, bound.right + starts[bound.sign], upper

    # --- log ---------------------------------------------------------------------------------------------
    def log_simple(self, mark: Token, scripts: Scripts, argument: Any) -> Expr:
        r"""`\log a b` is the log of the product."""
        self._natural(mark, scripts)
        within, outside = argument
        return scripts.raised(sympy.log(self._factor(within))) * outside

    def log_group(self, mark: Token, scripts: Scripts, argument: Expr) -> Expr:
        r"""`\log(a) b` is the log of the bracket alone."""
        self._natural(mark, scripts)
        return scripts.raised(sympy.log(self._factor(argument)))

    log_other = log_group

    def log_of_scaled(self, mark: Token, scripts: Scripts, scale: Expr, body: Expr) -> Expr:
        r"""`\log \frac1K \sum_k w_k` is the log of the scaled sum."""
        return self.log_group(mark, scripts, self._factor(scale) * self._factor(body))

    def _natural(self, mark: Token, scripts: Scripts) -> None:
        if scripts.below or scripts.primes or scripts.star:
            raise at(mark, "only the natural logarithm can be read")

    def product_of_simples(self, *factors: Expr) -> tuple[Expr, Expr]:
        r"""The factors under `\log a b`; ReadError where densities make that ambiguous."""
        if len(factors) > 1 and any(contains(self._factor(factor), Density) for factor in factors):
            raise ReadError(r"is this the log of the product? Write \log(p q), or q \log p", token=r"\log")
        return Mul(*(self._factor(factor) for factor in factors)), Integer(1)

    def product_of_fractions(self, *parts: Any) -> tuple[Expr, Expr]:
        r"""`\log \frac{a}{b} \cdot \frac{c}{d}`: one log of ratios of densities, but `\log \frac{a}{b} \cdot \frac12`
        is half a log."""
        factors = [part for part in parts if not isinstance(part, Token)]
        inside = [factor for factor in factors[1:] if contains(factor, Density, Quantity)]
        outside = [factor for factor in factors[1:] if not contains(factor, Density, Quantity)]
        return Mul(factors[0], *inside), Mul(*outside)

    # --- expectations ------------------------------------------------------------------------------------
    def expectation(self, mark: Token, scripts: Scripts, body: Any, after: Scripts | None = None) -> Expr:
        r"""`\mathbb{E}_{q(z)}[f]`."""
        if scripts.above is not None or scripts.primes or scripts.star:
            raise at(mark, "an expectation cannot carry this superscript")
        value = Expectation(self._measure(mark, scripts.below), self._factor(body))
        return value if after is None else self.scripted(value, after)

    def variance(self, mark: Token, scripts: Scripts, _open: Token, items: list, _close: Token, after: Scripts) -> Expr:
        r"""`\text{Var}_q[f]` is $E[f^2] - E[f]^2$, `\text{Cov}[f, g]` is $E[f g] - E[f] E[g]$."""
        terms = [self._factor(item) for item in items]
        if len(terms) > 2 or not all(term.is_commutative for term in terms):
            raise at(mark, "a variance is of one number, a covariance of two")
        first, last = terms[0], terms[-1]
        over = partial(self.expectation, mark, scripts)
        return self.scripted(over(first * last) - over(first) * over(last), after)

    def _measure(self, mark: Token, below: tuple) -> Basic:
        """What an expectation is over: nothing said, draws, variables, densities."""
        if not below:
            return Bare("")
        if len(below) == 1:
            return self._single_measure(mark, below[0])
        if isinstance(below[-1], Condition) and below[-1].sign == r"\sim":
            return self._drawn(mark, listed([*below[:-1], below[-1].left], str(mark)), below[-1].right)
        terms = [meant(term, self.context) for term in listed(below, str(mark))]
        if all(is_variable(term) for term in terms):
            return Draws(*terms)
        if all(isinstance(term, Density | IndexedProduct) for term in terms):
            return Tuple(*terms)
        raise at(mark, "what an expectation is over must be densities or variables")

    def _single_measure(self, mark: Token, over: Any) -> Basic:
        r"""The same for one entry: `z \sim q`, `j \neq i`, `q`, `z`, `-z_1`, `q(z)`."""
        if isinstance(over, Condition) and over.sign == r"\sim":
            return self._drawn(mark, [over.left], over.right)
        if isinstance(over, Condition) and over.sign in (r"\neq", r"\ne"):
            return AllBut(Variable(family_of(self.context), over.right))
        over = meant(over, self.context)
        if isinstance(over, Symbol) and over.name.partition("_")[0] in self.context.densities:
            return Bare(over.name)
        if is_variable(over):
            return Draws(over)
        if isinstance(over, Mul) and over.args[0] == -1 and all(is_variable(term) for term in over.args[1:]):
            return AllBut(*over.args[1:])
        if isinstance(over, Mul) and all(isinstance(f, Density | IndexedProduct) for f in over.args):
            return Tuple(*over.args)
        if isinstance(over, Density | IndexedProduct) or (isinstance(over, Expr) and contains(over, Density)):
            return over
        raise at(mark, "what an expectation is over must be densities or variables")

    def _drawn(self, mark: Token, drawn: list[Expr], density: Any) -> Basic:
        r"""$z \sim q(z \mid x)$, $Z_k \sim q(Z \mid X)$, $Z_{1:K} \sim q(Z \mid X)$: each from that density."""
        if isinstance(density, Symbol):
            single = all(isinstance(variable, Variable) and variable.index is None for variable in drawn)
            return Bare(density.name) if single else Draws(*drawn)
        if not isinstance(density, Density) or not all(is_variable(variable) for variable in drawn):
            raise at(mark, "what an expectation is over must be densities or variables")
        if set(drawn) == set(density.of):
            return density
        if len(density.of) != 1 or any(v.name != density.of[0].name for v in drawn):
            raise at(mark, f"{density} is not a density of these variables")
        return Tuple(*(self._one_draw(variable, density) for variable in drawn))

    def _one_draw(self, variable: Expr, density: Density) -> Expr:
        """The density of one variable, or the product of those of a range."""
        if isinstance(variable, Variable):
            return density.xreplace({density.of[0]: variable})
        k = self.context.symbol("k")
        member = density.xreplace({density.of[0]: Variable(variable.name, k)})
        return IndexedProduct(member, k, variable.lower, variable.upper)

    def kl(self, mark: Token, _open: Token, q: Any, _bar: Token, p: Any, _close: Token) -> Expr:
        r"""`KL(q \| p)`."""
        return KL(self._distribution(mark, q), self._distribution(mark, p))

    def entropy(self, mark: Token, q: Any) -> Expr:
        """`H(q)`, also of the factor $q_1$."""
        return Entropy(self._distribution(mark, q))

    def _distribution(self, mark: Token, term: Any) -> Expr:
        """A density, or a bare letter that the context knows the density of."""
        term = (isinstance(term, Symbol) and factor_named(term.name, self.context)) or term
        if isinstance(term, Symbol) and term.name in self.context.measures:
            return Mul(*self.context.measures[term.name])
        if isinstance(term, Expr) and contains(term, Density):
            return term
        raise at(mark, "both sides of a divergence must be densities")

    def stop(self, _mark: Token, body: Expr) -> Expr:
        r"""`\text{sg}[f]`."""
        return StopGradient(body)

    # --- integrals ---------------------------------------------------------------------------------------
    def diff(self, mark: Token, variable: Any) -> Expr:
        """The `dz` of an integral."""
        if not is_variable(variable):
            raise at(mark, f"{variable} is no variable to integrate over")
        return variable

    def integral(self, mark: Token, scripts: Scripts, body: Expr, *over: Expr) -> Expr:
        r"""`\int f \, dz`."""
        self._whole_space(mark, scripts, over)
        return Marginal(self._factor(body), over)

    def integral_first(self, mark: Token, scripts: Scripts, *parts: Expr) -> Expr:
        r"""`\int dz \, f`."""
        return self.integral(mark, scripts, parts[-1], *parts[:-1])

    def _whole_space(self, mark: Token, scripts: Scripts, over: tuple[Expr, ...]) -> None:
        """An integral runs over the whole space; its domain may only name that space."""
        domain = [item.left if isinstance(item, Condition) and item.sign == r"\in" else item for item in scripts.below]
        named = all(is_variable(item) or str(item) in ("Omega", "D") for item in domain)
        if scripts.above is not None or not named:
            raise at(mark, "an integral over a part of the space cannot be read")


def _open_sum(term: Expr) -> IndexedSum | None:
    """The sum that ends an additive term, possibly times a number."""
    if isinstance(term, IndexedSum):
        return term
    if isinstance(term, Mul) and len(term.args) == 2 and term.args[0].is_Number:
        return term.args[1] if isinstance(term.args[1], IndexedSum) else None
    return None
