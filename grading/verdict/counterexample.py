"""A call to a submission as Python that a student can paste and run."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

from grading.submission import Call, Model, Rng

MANY = 40
"""Arrays with more entries than this are packed."""
PACKED = 6000
"""Packed arrays with more characters than this are cut."""
SHOWN = 4
"""Rows of a cut array."""
LONGEST, LINES = 400, 6
"""Characters and lines of a value that are shown; `…` stands for the rest."""


def snippet(call: Call) -> str:
    """Import, call and result, e.g.

    from implementations import gamma
    gamma.fisher_information(alpha=2.0, beta=1.5, parameterization='rate')  # gave [[0.64, 0.67], ...]
    """
    named = dict(zip(call.function.parameters, call.args, strict=False)) | call.kwargs
    arguments = ",\n    ".join(f"{name}={source(value)}" for name, value in named.items())
    lines = [*imports(list(named.values()), call.function.module), *cut(named)]
    return "\n".join([*lines, f"{call.function.qualified}(\n    {arguments},\n)", *gave(call.value)])


def imports(values: list[Any], module: str) -> list[str]:
    """Import lines that the arguments need."""
    text = "".join(source(value) for value in values)
    lines = [f"import {name}" for name in ("base64", "zlib", "numpy as np", "torch") if name.split()[-1] + "." in text]
    if "Model(" in text:
        lines.append("from grading.submission import Model")
        lines.append("from grading.submission.network import Network")
    return [*lines, f"from implementations import {module}", ""]


def gave(value: Any) -> list[str]:
    """A comment with the value that came back."""
    if value is None:
        return []
    shown = np.array2string(value, precision=6, threshold=12) if isinstance(value, np.ndarray) else repr(value)
    lines = shown[:LONGEST].splitlines()
    if len(shown) > LONGEST or len(lines) > LINES:
        lines = [*lines[:LINES], "…"]
    return [f"# {'    ' if i else 'gave'} {line}" for i, line in enumerate(lines)]


def source(value: Any) -> str:
    """Python source of an argument."""
    if isinstance(value, np.ndarray):
        return array_source(value)
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, Rng):
        return f"np.random.default_rng({value.seed})"
    if isinstance(value, Model):
        parts = (value.encoder, value.mean, value.log_var, value.decoder)
        return f"Network(Model({', '.join(source(part) for part in parts)}))"
    if isinstance(value, tuple | list):
        opening, closing = "()" if isinstance(value, tuple) else "[]"
        inner = ", ".join(source(each) for each in value)
        return opening + inner + ("," if isinstance(value, tuple) and len(value) == 1 else "") + closing
    return repr(value)


def array_source(value: np.ndarray[Any, Any]) -> str:
    """`np.array([...])` with every digit; a longer array packed, one too long for that cut."""
    kind = "" if value.dtype in (np.float64, np.int64, np.bool_) else f", dtype=np.{value.dtype.name}"
    if value.size <= MANY:
        return f"np.array({value.tolist()!r}{kind})"
    packed = base64.b64encode(zlib.compress(np.ascontiguousarray(value).tobytes(), 9)).decode()
    if len(packed) > PACKED:
        return f"np.array({value[:SHOWN].tolist()!r}{kind})"
    return (
        f"np.frombuffer(zlib.decompress(base64.b64decode(\n        {packed!r}\n    )), "
        f"dtype={value.dtype.name!r}).reshape({value.shape})"
    )


def cut(named: dict[str, Any]) -> list[str]:
    """A comment for each array that is too long to be shown whole: its first rows stand for it."""
    long = {name: value for name, value in named.items() if isinstance(value, np.ndarray) and value.size > MANY}
    return [
        f"# only the first {SHOWN} of the {len(value)} rows of {name} are shown"
        for name, value in long.items()
        if "frombuffer" not in array_source(value)
    ]
