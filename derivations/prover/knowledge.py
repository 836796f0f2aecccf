r"""What the context lets the prover assume: which variables a joint has, how it factorises, what depends on what.

A variable a density is only ever conditioned on (X in $q(Z \mid X)$) is a *condition*: it belongs to every
marginal of that letter, and the marginal over conditions alone is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count

from sympy import Basic, Dummy, Expr, Symbol, sympify

from derivations.context import Context
from derivations.language import Density, IndexedProduct, StopGradient, Variable, VariableRange
from derivations.models.joints import copied_letters
from derivations.prover.order import at_most, may_coincide
from derivations.prover.terms import Function, J, Term, Unprovable, V

Kind = tuple[str, str]


@dataclass
class Knowledge:
    """A context, the densities a claim mentions, and the indices in scope; it notes the rules that are used."""

    context: Context
    mentions: frozenset[Density]
    scope: dict[Symbol, tuple[Expr, Expr]] = field(default_factory=dict)
    rules: dict[str, None] = field(default_factory=dict)
    slopes: set[Symbol] = field(default_factory=set)  # derivatives of samples in parameters
    frozen: frozenset[str] = frozenset()  # factors that may move away from a sum of one

    def __post_init__(self) -> None:
        self._known_kinds: dict[str, tuple[set[Kind], dict[Kind, Variable | VariableRange]]] = {}
        self._copies = count(1000)  # above the numbers canonical names use
        self.draws = copied_letters(self.context)
        self.latent = {self._kind(v) for term in self.context.latent for v in self._written(term)}
        for name, (lower, upper) in self.context.ranges.items():
            self.scope[self.context.symbol(name)] = (sympify(lower), sympify(upper))
            self.scope[Symbol(name)] = self.scope[Symbol(name, integer=True)] = (sympify(lower), sympify(upper))

    def note(self, rule: str) -> None:
        """Remember that a rule was used."""
        self.rules[rule] = None

    def new_copy(self) -> int:
        """A number for the bound variables of one more integral."""
        return next(self._copies)

    def new_index(self, index: Symbol, lower: Expr, upper: Expr) -> Symbol:
        """A fresh index with a range, so that no two sums share one."""
        fresh = Dummy(index.name, integer=True)
        self.scope[fresh] = (lower, upper)
        return fresh

    def inner_indices(self, term: Term) -> set[Symbol]:
        """Indices of sums inside the closed functions of a term."""
        waiting = [inner for f in term.factors if isinstance(f, Function) for inner in f.terms]
        found: set[Symbol] = set()
        while waiting:
            inner = waiting.pop()
            found |= {index for index, _, _ in inner.sums}
            waiting += [t for f in inner.factors if isinstance(f, Function) for t in f.terms]
        return found

    # variables

    def variables(self, terms: Iterable[Expr]) -> list[V]:
        """Variables with blocks written out, free."""
        return [V(v) for term in terms for v in self._written(term)]

    def _written(self, term: Expr) -> Iterator[Variable | VariableRange]:
        """The variables and ranges of a term, blocks written out."""
        if term in self.context.blocks:
            for member in self.context.blocks[term]:
                yield from self._written(member)
        elif isinstance(term, (Variable, VariableRange)):
            if isinstance(term, VariableRange) and term.lower == term.upper:
                term = Variable(term.name, term.lower)
            yield term
        else:
            raise Unprovable(f"{term} is not a variable")

    def _kind(self, base: Variable | VariableRange) -> Kind:
        """What tells variables of a joint apart: the letter for a family, the whole variable otherwise."""
        if base.name in self.draws or base.name in self.families:
            return ("family", base.name)
        return ("variable", str(base))

    @cached_property
    def families(self) -> frozenset[str]:
        """Letters with symbolically many members: chains and plates."""
        found = set()
        for factorization in self.context.factorizations:
            for factor in factorization.factors:
                if isinstance(factor, IndexedProduct):
                    found |= {
                        v.name
                        for v in factor.body.variables
                        if isinstance(v, Variable) and v.index is not None and v.index.has(factor.index)
                    }
        return frozenset(found)

    # joints

    def factors(self, name: str) -> tuple[Expr, ...]:
        """The factors of a joint, or those called `name` in another joint."""
        own = self.context.factors(name)
        return own or tuple(
            factor for f in self.context.factorizations for factor in f.factors if _density(factor).name == name
        )

    def generated(self, name: str) -> set[Kind]:
        """The kinds of variable the joint is a distribution of."""
        return self._kinds(name)[0]

    def conditions(self, name: str) -> dict[Kind, Variable | VariableRange]:
        """The variables the joint is only conditioned on."""
        return self._kinds(name)[1]

    def _kinds(self, name: str) -> tuple[set[Kind], dict[Kind, Variable | VariableRange]]:
        """What a density generates and what it conditions on, looked up once."""
        if name not in self._known_kinds:
            own = self._generated(name)
            self._known_kinds[name] = own, self._conditions(name, own)
        return self._known_kinds[name]

    def _generated(self, name: str) -> set[Kind]:
        densities = [_density(f) for f in self.factors(name)] or [d for d in self.mentions if d.name == name]
        return {self._kind(v) for d in densities for term in d.of for v in self._written(term)}

    def _conditions(self, name: str, own: set[Kind]) -> dict[Kind, Variable | VariableRange]:
        densities = [_density(f) for f in self.factors(name)] or [d for d in self.mentions if d.name == name]
        given = [v for d in densities for term in d.given for v in self._written(term)]
        return {self._kind(v): v for v in given if self._kind(v) not in own}

    def marginal(self, name: str, variables: Iterable[V], stopped: bool = False) -> J | None:
        """J(variables) with the joint's conditions; None if it is over conditions alone, where it is one."""
        own, conditions = self.generated(name), self.conditions(name)
        kept, seen = [], set()
        for v in variables:
            kind = self._kind(v.base)
            if kind in own or kind in conditions:
                kept.append(v)
                seen.add(kind)
            elif kind in self.latent:
                raise Unprovable(f"{name} is no density of {v}")
        if not any(self._kind(v.base) in own for v in kept):
            return None
        kept += [V(base) for kind, base in conditions.items() if kind not in seen]
        self._refuse_hidden_change(name, seen)
        return J(self._own_name(name, seen), self.merged(frozenset(kept)), stopped)

    def _own_name(self, name: str, kinds: set[Kind]) -> str:
        r"""The letter of the unconditional factor the variables belong to: $q(Z_1)$ is $q_1(Z_1)$."""
        for factor in self.context.factors(name):
            density = _density(factor)
            if not density.given and kinds <= {self._kind(v) for v in density.of}:
                return density.name
        return name

    def _refuse_hidden_change(self, name: str, kinds: set[Kind]) -> None:
        """A factor that does not sum to one shows in the marginals over the other variables."""
        for factor in self.context.factors(name):
            density = _density(factor)
            if density.name in self.frozen and not {self._kind(v) for v in density.of} <= kinds:
                raise Unprovable(f"a marginal of {name} depends on the sum of {density}")

    def merged(self, variables: frozenset[V]) -> frozenset[V]:
        """Points inside a range belong to it, and neighbours make one range; two copies may not coincide."""
        self._refuse_coincidence(variables)
        ranges = [v for v in variables if v.is_range]
        for block in ranges:
            for v in variables - {block}:
                if v.base.name == block.base.name and v.copy == block.copy:
                    joined = self._join(block.base, v.base)
                    if joined is not None:
                        return self.merged(variables - {block, v} | {V(joined, block.copy)})
        return variables

    def _refuse_coincidence(self, variables: frozenset[V]) -> None:
        """Raises Unprovable where two copies of a variable may be one and the same."""
        for one in variables:
            for other in variables:
                if one.copy < other.copy and one.base.name == other.base.name:
                    if one.is_range or other.is_range:
                        raise Unprovable(f"{one} and {other} may be the same variable")
                    indices = one.base.index, other.base.index
                    if indices[0] is None or indices[1] is None or may_coincide(*indices, self.scope):
                        raise Unprovable(f"{one} and {other} may be the same variable")

    def _join(self, block: VariableRange, other: Variable | VariableRange) -> VariableRange | None:
        """The range with a neighbour, or with a member that it has already, added; None where they are apart."""
        lower, upper = (other.lower, other.upper) if isinstance(other, VariableRange) else (other.index,) * 2
        if self.within(other, block):
            return block
        if lower is None or upper is None:
            raise Unprovable(f"{other} has no index")
        if lower == block.upper + 1:
            return VariableRange(block.name, block.lower, upper)
        if upper == block.lower - 1:
            return VariableRange(block.name, lower, block.upper)
        if at_most(upper + 1, block.lower, self.scope) or at_most(block.upper + 1, lower, self.scope):
            return None
        raise Unprovable(f"whether {other} is in {block} depends on the indices")

    def within(self, point: Variable | VariableRange, block: Variable | VariableRange) -> bool:
        """Whether a variable certainly belongs to a range."""
        if not isinstance(block, VariableRange) or point.name != block.name:
            return point == block
        lower, upper = (point.lower, point.upper) if isinstance(point, VariableRange) else (point.index,) * 2
        return lower is not None and at_most(block.lower, lower, self.scope) and at_most(upper, block.upper, self.scope)

    # parameters

    def depends(self, joint: J, parameter: Basic) -> bool:
        """Whether a marginal may depend on a parameter, or on a free variable."""
        if isinstance(parameter, Variable):
            return V(parameter) in joint.variables
        if joint.stopped:
            return False
        factors = self.factors(joint.name)
        if not factors:
            return any(parameter in d.parameters for d in self.mentions if d.name == joint.name)
        return any(
            parameter in self._parameters(_density(factor))
            for factor in factors
            if self._is_above(joint, factor, factors)
        )

    def _parameters(self, factor: Density) -> set[Basic]:
        """The parameters of a factor; where the context names none, those its mentions name."""
        if factor.parameters:
            return set(factor.parameters)
        kinds = {self._kind(v) for v in factor.of}
        return {
            p
            for d in self.mentions
            if {self._kind(v) for t in d.of for v in self._written(t)} >= kinds
            for p in d.parameters
            if d.name == factor.name
        }

    def _is_above(self, joint: J, factor: Expr, factors: tuple[Expr, ...]) -> bool:
        """Whether a factor generates one of the marginal's variables or something those descend from."""
        reached = {self._kind(v.base) for v in joint.variables}
        while True:
            above = {
                self._kind(v)
                for f in factors
                if reached & {self._kind(v) for v in _density(f).of}
                for v in _density(f).given
            }
            if above <= reached:
                break
            reached |= above
        return bool(reached & {self._kind(v) for v in _density(factor).of})


def _density(factor: Expr) -> Density:
    return factor.body if isinstance(factor, IndexedProduct) else factor


def stopped_parameters(density: Density) -> bool:
    """Whether a density is written with stop-gradient parameters."""
    return any(isinstance(p, StopGradient) for p in density.parameters)


def unstopped(density: Density) -> Density:
    """The density with its parameters themselves."""
    parameters = [p.body if isinstance(p, StopGradient) else p for p in density.parameters]
    return Density(density.name, density.of, density.given, parameters)
