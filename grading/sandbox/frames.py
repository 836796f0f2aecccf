"""Frames on the socket between the judge and a session: length, kind, token, bytes.

The judge picks a fresh random token for each exchange and drops every frame that carries another one, so bytes that
submitted code wrote earlier can never be taken for the answer to a later question.
"""

from __future__ import annotations

import socket
import struct
from enum import IntEnum
from typing import NamedTuple

HEADER = struct.Struct("<IB8s")
MAX_PAYLOAD = 64 * 2**20
NO_TOKEN = bytes(8)


class Kind(IntEnum):
    """What a frame is."""

    LOAD = 1
    """To the session: answer this request yourself, what it imports stays."""
    REQUEST = 2
    """To the session: answer this in the check's process, which the first one starts."""
    END = 3
    """To the check's process: end."""
    ANSWER = 4
    """To either: the judge's answer to a MESSAGE."""
    READY = 5
    """From the session: confined (no payload), or what went wrong."""
    REPLY = 6
    """From either: the end of an exchange."""
    MESSAGE = 7
    """From either: a question or progress, to be answered by an ANSWER."""
    ENDED = 8
    """From the session: the check's process ended; its wait status."""


class Frame(NamedTuple):
    """One frame."""

    kind: Kind
    token: bytes
    payload: bytes


class Malformed(Exception):
    """Bytes that are no frame."""


def pack(frame: Frame) -> bytes:
    """A frame's bytes.  Raises Malformed where the payload is too long to be read on the other side."""
    if len(frame.payload) > MAX_PAYLOAD:
        raise Malformed(f"{len(frame.payload)} bytes; at most {MAX_PAYLOAD} cross at once")
    return HEADER.pack(len(frame.payload), frame.kind, frame.token) + frame.payload


def head(raw: bytes) -> tuple[int, Kind, bytes]:
    """Length, kind and token.  Raises Malformed."""
    length, kind, token = HEADER.unpack(raw)
    if length > MAX_PAYLOAD or kind not in Kind.__members__.values():
        raise Malformed("bytes that are no frame")
    return length, Kind(kind), token


def receive(channel: socket.socket) -> Frame:
    """The next frame, however long it takes (the session's side).  Raises EOFError, Malformed."""
    length, kind, token = head(exactly(channel, HEADER.size))
    return Frame(kind, token, exactly(channel, length))


def exactly(channel: socket.socket, length: int) -> bytes:
    """That many bytes.  Raises EOFError."""
    parts = bytearray()
    while len(parts) < length:
        part = channel.recv(min(length - len(parts), 2**20))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
