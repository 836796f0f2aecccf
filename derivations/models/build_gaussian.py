"""Build random Gaussian models, and tell which statements need them."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Basic, preorder_traversal

from derivations.context import Context
from derivations.language import (
    KL,
    Density,
    Entropy,
    Expectation,
    Gradient,
    Marginal,
    TotalGradient,
    Variable,
    mentioned_densities,
)
from derivations.models.build import parameters_of, random_value
from derivations.models.concrete import Meaningless, Sizes
from derivations.models.gaussian import GaussianModel, Regression
from derivations.models.joints import joints_of
from derivations.models.tables import Field, Grid, Kernel, RandomWeights


def build_gaussian(
    sides: Iterable[Basic], context: Context, sizes: Sizes, seeds: range, numbers: Field, nodes: int
) -> GaussianModel:
    """Gaussian models of the given seeds for sides that are written out, with a sample for every path."""
    sides = tuple(sides)
    drawn = [d for measure in context.measures.values() for d in measure if isinstance(d, Density)]
    noise = {v for path in context.paths.values() for v in preorder_traversal(path) if isinstance(v, Variable)}
    mentions = {d for side in sides for d in mentioned_densities(side) if not set(d.variables) <= noise}
    for density in [*mentions, *drawn]:
        if set(density.variables) & noise:
            raise Meaningless(f"{density} mixes noise with other variables")
    joints = joints_of(mentions | set(drawn), context, sizes)
    if any(joint.copies & {v.name for v in joint.variables} for joint in joints.values()):
        raise Meaningless("repeated draws on a Gaussian model")
    found = noise | {v for joint in joints.values() for v in joint.variables}
    found |= {v for side in sides for v in preorder_traversal(side) if isinstance(v, Variable)}
    grid = Grid(tuple(sorted(found, key=str)), (nodes,) * len(found))
    random = RandomWeights(grid, seeds)
    kernels = [kernel for joint in joints.values() for kernel in joint.kernels]
    values = {p: random_value(p, random, numbers) for p in parameters_of(sides, kernels)}
    regressions = {
        name: tuple(r for kernel in joint.kernels for r in _regressions(kernel, random, numbers))
        for name, joint in sorted(joints.items())
    }
    points = {v: numbers.fraction(random.slopes(()), 4) for v in grid.variables}
    paths = {z: (path, *_drawn_from(z, path, drawn)) for z, path in context.paths.items()}
    model = GaussianModel(
        grid, joints, {}, values, numbers, regressions=regressions, points=points, paths=paths, nodes=nodes
    )  # type: ignore[arg-type]
    for z in paths:
        model.points[z] = model.sample(z)  # type: ignore[index, arg-type]
    return model


def _drawn_from(z: Basic, path: Basic, drawn: list[Density]) -> tuple[Density, Variable]:
    """The density a reparameterised sample has, and its noise."""
    density = next((d for d in drawn if d.of == (z,)), None)
    noise = [v for v in preorder_traversal(path) if isinstance(v, Variable)]
    if density is None or len(noise) != 1:
        raise Meaningless(f"the context does not say which density {z} = {path} has")
    return density, noise[0]


def _regressions(kernel: Kernel, random: RandomWeights, numbers: Field) -> Iterable[Regression]:
    """A kernel over several variables as one regression after the other."""

    def eighths() -> object:
        """A random slope, a multiple of 1/8."""
        return numbers.fraction(random.slopes(()), 8)

    for i, v in enumerate(kernel.of):
        parents = kernel.given + kernel.of[:i]
        yield Regression(
            v,
            parents,
            kernel.parameters,
            tuple(eighths() for _ in parents),
            tuple(eighths() for _ in range(len(kernel.parameters) + 1)),
            tuple(eighths() for _ in range(len(kernel.parameters) + 1)),
        )


def is_continuous(sides: Iterable[Basic], context: Context) -> bool:
    """Whether a statement differentiates in a variable, or through a sample that no expectation binds."""
    for side in sides:
        for node in preorder_traversal(side):
            if node in context.paths.values() or (isinstance(node, Gradient) and isinstance(node.wrt, Variable)):
                return True
            if isinstance(node, TotalGradient) and free_variables(node.body) & set(context.paths):
                return True
    return False


def free_variables(expr: Basic) -> set[Basic]:
    """The variables an expression depends on, without those an expectation or an integral binds."""
    if isinstance(expr, Density):
        return set(expr.variables)
    if isinstance(expr, Variable):
        return {expr}
    inside = {v for arg in expr.args for v in free_variables(arg)}
    if isinstance(expr, Marginal):
        return inside - set(expr.variables)
    measure = expr.measure if isinstance(expr, Expectation) else expr.q if isinstance(expr, (KL, Entropy)) else None
    if measure is None:
        return inside
    return inside - {v for d in mentioned_densities(measure) for v in set(d.of) - set(d.given)}
