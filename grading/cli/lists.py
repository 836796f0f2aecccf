"""Lists on the command line: `1.2.4,2.2` or `D,C`."""

from __future__ import annotations


def listed(text: str) -> list[str]:
    """What stands between the commas."""
    return [part.strip() for part in text.split(",") if part.strip()]
