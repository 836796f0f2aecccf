"""Random models in which both sides of a statement have numbers."""

from derivations.models.refuter import both_sides

__all__ = ["both_sides"]
