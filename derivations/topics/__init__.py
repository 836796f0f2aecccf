"""The library of true derivations: one module a topic, each line with its reason, each verified by the engine.

`TOPICS` maps a topic's name to its derivations; `of_question` gives those that belong to a question.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from derivations.topics import (
    diffusion,
    elbo,
    gamma,
    importance_weighting,
    mean_field,
    normal_gamma,
    path_derivative,
    rao_blackwell,
    reparameterization,
)
from derivations.topics.derivation import Derivation

TOPICS: Mapping[str, tuple[Derivation, ...]] = MappingProxyType(
    {
        "elbo": elbo.DERIVATIONS,
        "mean_field": mean_field.DERIVATIONS,
        "normal_gamma": normal_gamma.DERIVATIONS,
        "importance_weighting": importance_weighting.DERIVATIONS,
        "rao_blackwell": rao_blackwell.DERIVATIONS,
        "gamma": gamma.DERIVATIONS,
        "reparameterization": reparameterization.DERIVATIONS,
        "path_derivative": path_derivative.DERIVATIONS,
        "diffusion": diffusion.DERIVATIONS,
    }
)


def of_question(number: str) -> tuple[Derivation, ...]:
    """Every derivation that belongs to the question, in the order of the topics."""
    return tuple(d for derivations in TOPICS.values() for d in derivations if number in d.questions)


__all__ = ["TOPICS", "Derivation", "of_question"]
