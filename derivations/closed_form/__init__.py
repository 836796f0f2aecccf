"""Explicit formulas: decided by numbers at random points, then by a proof."""

from derivations.closed_form.decide import claims_of, decide
from derivations.closed_form.lower import Formula, NotExplicit
from derivations.closed_form.moments import NoMoment, moment

__all__ = ["Formula", "NoMoment", "NotExplicit", "claims_of", "decide", "moment"]
