"""Decide statements about densities: refute first, then prove, then support."""

from derivations.prover.decide import decide

__all__ = ["decide"]
