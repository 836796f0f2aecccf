"""Text of strangers, made safe to print.

A terminal obeys control characters: they move the cursor, rename the window, hide a line or answer in the user's name.
So none of them gets into an outcome or a name; where one stood, its code is shown.
"""

from __future__ import annotations

import re

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
"""All but tab and newline, and those that turn the direction of writing."""


def printable(text: str) -> str:
    """The text with every control character as its code: `\\x1b` for escape.  Line ends become newlines."""
    return CONTROLS.sub(shown, text.replace("\r\n", "\n"))


def shown(found: re.Match[str]) -> str:
    """`\\x1b`, `\\u202e`."""
    return found[0].encode("unicode_escape").decode("ascii")
