r"""Split a marginal by the independences of its joint's graph: J(A, B, C) = J(A, C) J(B, C) / J(C).

A marginal over S lives on the graph of S's ancestors, moralised, with all other nodes eliminated; wherever a
complete set C separates A from B in it, the marginal splits (Lauritzen 1996, ch. 2-3). Pieces that do not
split are the same however a density was written, which makes them a normal form.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

Parents = dict[str, frozenset[str]]
Edges = dict[str, set[str]]


def ancestors(parents: Parents, nodes: Iterable[str]) -> set[str]:
    """The nodes and everything above them."""
    found: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += parents.get(node, ())
    return found


def marginal_graph(parents: Parents, nodes: frozenset[str]) -> Edges:
    """The undirected graph over `nodes` that keeps every independence moralisation shows."""
    kept = ancestors(parents, nodes)
    edges: Edges = {node: set() for node in kept}
    for child in kept:
        family = [*parents.get(child, ()), child]
        for one, other in combinations(family, 2):
            edges[one].add(other)
            edges[other].add(one)
    for hidden in kept - nodes:
        around = edges.pop(hidden)
        for node in around:
            edges[node] |= around
            edges[node] -= {node, hidden}
    return edges


def split(parents: Parents, nodes: frozenset[str]) -> list[tuple[frozenset[str], int]]:
    """The marginal over `nodes` as a product of powers of smaller marginals that split no further."""
    edges = marginal_graph(parents, nodes)
    for size in range(max(len(nodes) - 1, 0)):
        for middle in combinations(sorted(nodes), size):
            if all(b in edges[a] for a, b in combinations(middle, 2)):
                side = _component(edges, nodes - set(middle))
                if side and side | set(middle) != nodes:
                    left, right = frozenset(side | set(middle)), nodes - side
                    pieces = split(parents, left) + split(parents, right)
                    return pieces + [(piece, -e) for piece, e in split(parents, frozenset(middle))]
    return [(nodes, 1)] if nodes else []


def _component(edges: Edges, nodes: frozenset[str] | set[str]) -> set[str]:
    """One connected component of the graph on `nodes`."""
    if not nodes:
        return set()
    found: set[str] = set()
    waiting = [min(nodes)]
    while waiting:
        node = waiting.pop()
        if node not in found:
            found.add(node)
            waiting += edges[node] & set(nodes)
    return found


def independent(parents: Parents, one: set[str], other: set[str], given: set[str]) -> bool:
    """Whether the graph separates two sets of nodes by a third."""
    edges = marginal_graph(parents, frozenset(one | other | given))
    reached: set[str] = set()
    waiting = list(one)
    while waiting:
        node = waiting.pop()
        if node not in reached:
            reached.add(node)
            waiting += edges[node] - given
    return not reached & other
