"""The structure of a msgpack value, measured before it is decoded (https://github.com/msgpack/msgpack/blob/master/spec.md).

A megabyte of empty maps becomes eighty megabytes of objects.  So the judge walks over a reply's heads first, and
decodes only what is small enough.
"""

from __future__ import annotations

MAX_DEPTH = 8
MAX_ITEMS = 100_000
FIXED = {0xCA: 5, 0xCB: 9, 0xCC: 2, 0xCD: 3, 0xCE: 5, 0xCF: 9, 0xD0: 2, 0xD1: 3, 0xD2: 5, 0xD3: 9}
"""Numbers: bytes with their head."""
SIZED = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4}
"""Bytes and text: width of the field that holds their length."""
COUNTED = {0xDC: (2, 1), 0xDD: (4, 1), 0xDE: (2, 2), 0xDF: (4, 2)}
"""Lists and maps: width of the field that holds their count, values for each."""
EXTENSION = {0xC7: 1, 0xC8: 2, 0xC9: 4}
FIXED_EXTENSION = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


class TooLarge(ValueError):
    """More than may be decoded, or no msgpack value."""


class Walk:
    """A walk over one value; extensions hold further values."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.items = data, 0

    def over(self, start: int, end: int, depth: int) -> None:
        """One value that fills `start` to `end`.  Raises TooLarge."""
        at, open_counts = start, [1]
        while open_counts:
            if open_counts[-1] == 0:
                open_counts.pop()
                continue
            open_counts[-1] -= 1
            self.items += 1
            if self.items > MAX_ITEMS:
                raise TooLarge(f"more than {MAX_ITEMS} items")
            if at >= end:
                raise TooLarge("a value that ends too early")
            at, inside = self.head(at, end, depth + len(open_counts))
            if inside:
                open_counts.append(inside)
                if depth + len(open_counts) > MAX_DEPTH + 1:
                    raise TooLarge(f"lists nested more than {MAX_DEPTH} deep")
        if at != end:
            raise TooLarge("bytes after the value")

    def head(self, at: int, end: int, depth: int) -> tuple[int, int]:
        """Where the value at `at` ends, or its first item begins, and how many values it holds."""
        byte = self.data[at]
        if byte in FIXED:
            return at + FIXED[byte], 0
        if 0xA0 <= byte <= 0xBF:
            return at + 1 + (byte & 31), 0
        if byte in SIZED:
            return at + 1 + SIZED[byte] + self.number(at + 1, SIZED[byte]), 0
        if 0x80 <= byte <= 0x8F:
            return at + 1, 2 * (byte & 15)
        if 0x90 <= byte <= 0x9F:
            return at + 1, byte & 15
        if byte in COUNTED:
            width, each = COUNTED[byte]
            return at + 1 + width, each * self.number(at + 1, width)
        if byte in EXTENSION or byte in FIXED_EXTENSION:
            return self.extension(at, end, depth), 0
        return at + 1, 0

    def extension(self, at: int, end: int, depth: int) -> int:
        """The end of an extension, after a walk over what it holds."""
        width = EXTENSION.get(self.data[at], 0)
        length = self.number(at + 1, width) if width else FIXED_EXTENSION[self.data[at]]
        start = at + 2 + width
        if start + length > end:
            raise TooLarge("a value that ends too early")
        self.over(start, start + length, depth)
        return start + length

    def number(self, at: int, width: int) -> int:
        """A big-endian number."""
        return int.from_bytes(self.data[at : at + width], "big")


def measure(data: bytes) -> None:
    """Raises TooLarge where the value in `data` has too many items, lies too deep or is cut off."""
    Walk(memoryview(data)).over(0, len(data), 0)
