"""The meaning of nabla and of partial derivatives, also through a sample."""

from __future__ import annotations

from typing import Any

import sympy
from lark import Token, v_args
from sympy import Basic, Expr, Integer, Pow, Symbol, Tuple

from derivations.densities import Density, Variable, VariableRange
from derivations.language import Array, Gradient, MatrixQuantity, Quantity, TotalGradient, Transposed
from derivations.reader.atoms import Atoms, at
from derivations.reader.factors import factor_named
from derivations.reader.letters import Condition, Range, Scripts, listed


@v_args(inline=True)
class Gradients(Atoms):
    """Derivatives; `Operators` adds logs, expectations, integrals and sums."""

    def gradient(self, mark: Token, scripts: Scripts, body: Any) -> Expr:
        r"""`\nabla_\phi f`; with a tilde, the natural gradient, a name of the context."""
        scalar = _without_transpose(body)
        if scalar != body:  # in \nabla f \nabla f^T it is the column that is transposed
            return Transposed(self.gradient(mark, scripts, scalar))
        wrt = self._wrt(mark, scripts) if scripts.below else self._of_arguments(mark, body)
        if "tilde" in mark:
            below = listed(scripts.below)
            return MatrixQuantity(str(mark), below[0] if len(below) == 1 else None, (self._factor(body),))
        twice = scripts.above == Integer(2)
        if mark == r"\partial" and (twice or scripts.above is None):
            return self._partial(mark, body, [wrt, wrt] if twice else [wrt])
        if scripts.transposed or twice:
            return _hessian(self._in_coordinates(self._factor(body), wrt), wrt)
        if scripts.above is not None:
            raise at(mark, "a gradient cannot carry this superscript")
        return self._derivative(self._factor(body), wrt)

    def _wrt(self, mark: Token, scripts: Scripts) -> Basic:
        if not scripts.below or any(isinstance(item, Range | Condition) for item in scripts.below):
            raise at(mark, "a gradient must say in what it is taken, as in \\nabla_\\phi")
        terms = listed(scripts.below, str(mark))
        return self._components(terms[0]) if len(terms) == 1 else Tuple(*terms)

    def _of_arguments(self, mark: Token, body: Any) -> Basic:
        r"""$\nabla A(\eta)$ and $\nabla A$ are in what $A$ is a function of, where that is one thing."""
        known = [d.left for d in self.context.definitions if isinstance(d.left, Quantity) and d.left.arguments]
        if isinstance(body, Quantity) and not body.arguments:
            alike = [q for q in known if q.func(q.name, q.index) == body]
            lists = {tuple(one for argument in q.arguments for one in self._listed(argument)) for q in alike}
            body = alike[0] if len(lists) == 1 else body
        over = body.arguments if isinstance(body, Quantity) else ()
        if not over or not all(isinstance(one, Symbol) and one.name not in self.context.densities for one in over):
            raise at(mark, "a gradient must say in what it is taken, as in \\nabla_\\phi")
        return self._components(over[0]) if len(over) == 1 else Tuple(*over)

    def _components(self, parameter: Basic) -> Basic:
        """A letter that stands for several parameters is replaced by them."""
        known = (d.right for d in self.context.definitions if d.left == parameter and isinstance(d.right, Tuple))
        return next(known, parameter)

    def _in_coordinates(self, body: Expr, wrt: Basic) -> Expr:
        r"""In $\nabla_\eta \mathcal{L}$ a bare $\mathcal{L}$ is $\mathcal{L}(\eta)$, where the context has both."""
        over = set(wrt.args) if isinstance(wrt, Tuple) else {wrt}
        bare = {node for node in sympy.preorder_traversal(body) if isinstance(node, Quantity) and not node.arguments}
        named = (
            d.left for d in self.context.definitions if isinstance(d.left, Quantity) and len(d.left.arguments) == 1
        )
        meant = {q.func(q.name, q.index): q for q in named if over <= set(self._listed(q.arguments[0]))}
        return body.xreplace({node: meant[node] for node in bare if node in meant})

    def _listed(self, parameter: Basic) -> tuple[Basic, ...]:
        """The components of a letter that stands for several parameters, else the letter."""
        components = self._components(parameter)
        return components.args if isinstance(components, Tuple) else (components,)

    def _derivative(self, body: Expr, wrt: Basic) -> Expr:
        r"""$\nabla_\phi$ of something that $\phi$ reaches only through the sample is a total derivative."""
        body = self._in_coordinates(body, wrt)
        if body in self.context.paths:
            return TotalGradient(body, wrt)
        moves = {d for path in self.context.paths.values() for d in path.free_symbols | set(_leaves(path))}
        through = any(contains_term(body, variable) for variable in self.context.paths)
        if wrt in moves and through and not _is_score(body, wrt):
            return TotalGradient(body, wrt)
        return Gradient(body, wrt)

    def partial_operator(self, *parts: Any) -> Expr:
        r"""`\frac{\partial}{\partial a} f`."""
        mark, wrt, body = parts[2], parts[6], parts[8]
        return self._partial(mark, body, [wrt])

    def partial_applied(self, *parts: Any) -> Expr:
        r"""`\frac{\partial f}{\partial a}`."""
        return self._partial(parts[2], parts[3], [parts[7]])

    def partial_repeated(self, *parts: Any) -> Expr:
        r"""`\frac{\partial^2 f}{\partial a^2}`."""
        order, body, below = parts[4], parts[5], parts[9]
        if order != 2 or not isinstance(below, Pow) or below.exp != 2:
            raise at(parts[2], "only first and second derivatives can be read")
        return self._partial(parts[2], body, [below.base, below.base])

    def partial_mixed(self, *parts: Any) -> Expr:
        r"""`\frac{\partial^2 f}{\partial a \partial b}`."""
        return self._partial(parts[2], parts[5], [parts[9], parts[11]])

    def _partial(self, mark: Token, body: Any, over: list[Expr]) -> Expr:
        over = [(isinstance(wrt, Symbol) and factor_named(wrt.name, self.context)) or wrt for wrt in over]
        if mark == r"\delta" and not all(isinstance(wrt, Density) for wrt in over):
            raise at(mark, r"a functional derivative is in a density with its arguments, as in \delta q_1(Z_1)")
        result = self._in_coordinates(self._factor(body), Tuple(*over))
        for wrt in over:
            if not isinstance(wrt, Symbol | Variable | VariableRange | Density | Quantity):
                raise at(mark, "this is nothing to differentiate in")
            moved = mark == "d" or result in self.context.paths  # z moves with its path, and with nothing else
            result = TotalGradient(result, wrt) if moved else Gradient(result, wrt)
        return result


def _without_transpose(body: Any) -> Any:
    """The body without the transposes of numbers in it, which mean nothing there."""
    if not isinstance(body, Basic):
        return body
    return body.xreplace({term: term.body for term in body.atoms(Transposed) if term.body.is_commutative})


def _hessian(body: Expr, wrt: Basic) -> Expr:
    r"""$\nabla^2_\eta f$ in a list of parameters is the matrix of second derivatives."""
    if isinstance(wrt, Tuple):
        return Array([[Gradient(Gradient(body, one), other) for other in wrt] for one in wrt])
    return Gradient(Gradient(body, wrt), wrt)


def _leaves(path: Expr) -> list[Basic]:
    return [node for node in sympy.preorder_traversal(path) if isinstance(node, Symbol | Quantity) and node != path]


def contains_term(body: Expr, term: Basic) -> bool:
    """Whether `term` occurs in `body`."""
    return any(node == term for node in sympy.preorder_traversal(body))


def _is_score(body: Expr, wrt: Basic) -> bool:
    """Whether every density in the body has the parameter itself: then the gradient is the score."""
    return all(wrt in density.parameters for density in body.atoms(Density))
