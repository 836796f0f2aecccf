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
    written = {name: source(value, call.tensors) for name, value in named.items()}
    leaves = [f"{name} = {leaf(written[name])}" for name in call.wrt]
    arguments = ",\n    ".join(f"{name}={name if name in call.wrt else text}" for name, text in written.items())
    called = f"{call.function.qualified}(\n    {arguments},\n){backward(call)}"
    body = [*cut(named), *leaves, called, *gave(call.value), *gradients(written, call.wrt)]
    return "\n".join([*imports("\n".join(body), call.function.module), *body])


def imports(text: str, module: str) -> list[str]:
    """Import lines that the text needs."""
    lines = [f"import {name}" for name in ("base64", "zlib", "numpy as np", "torch") if name.split()[-1] + "." in text]
    if "Model(" in text:
        lines.append("from grading.submission import Model")
        lines.append("from grading.submission.network import Network")
    return [*lines, f"from implementations import {module}", ""]


def leaf(text: str) -> str:
    """A tensor or model to differentiate in."""
    return text if text.startswith("Network(") else f"{text}.requires_grad_()"


def backward(call: Call) -> str:
    """The call's value contracted with its cotangent, ones where there is none, and differentiated."""
    if not call.wrt:
        return ""
    if call.cotangent is not None:
        return f".backward({source(call.cotangent, True)})"
    return ".sum().backward()" if np.ndim(call.value) else ".backward()"


def gradients(written: dict[str, str], wrt: tuple[str, ...]) -> list[str]:
    """Lines that print the gradients."""
    every = "print({{name: parameter.grad for name, parameter in {}.named_parameters()}})"
    return [every.format(name) if written[name].startswith("Network(") else f"print({name}.grad)" for name in wrt]


def gave(value: Any) -> list[str]:
    """A comment with the value that came back."""
    if value is None:
        return []
    shown = np.array2string(value, precision=6, threshold=12) if isinstance(value, np.ndarray) else repr(value)
    lines = shown[:LONGEST].splitlines()
    if len(shown) > LONGEST or len(lines) > LINES:
        lines = [*lines[:LINES], "…"]
    return [f"# {'    ' if i else 'gave'} {line}" for i, line in enumerate(lines)]


def source(value: Any, tensors: bool = False) -> str:
    """Python source of an argument, its arrays as torch tensors where asked."""
    if isinstance(value, np.ndarray):
        return tensor_source(value) if tensors else array_source(value)
    if isinstance(value, np.generic):
        return repr(value.item())
    if isinstance(value, Rng):
        return f"torch.Generator().manual_seed({value.seed})" if tensors else f"np.random.default_rng({value.seed})"
    if isinstance(value, Model):
        parts = (value.encoder, value.mean, value.log_var, value.decoder)
        return f"Network(Model({', '.join(source(part) for part in parts)}))"
    if isinstance(value, tuple | list):
        opening, closing = "()" if isinstance(value, tuple) else "[]"
        inner = ", ".join(source(each, tensors) for each in value)
        return opening + inner + ("," if isinstance(value, tuple) and len(value) == 1 else "") + closing
    return repr(value)


def tensor_source(value: np.ndarray[Any, Any]) -> str:
    """`torch.tensor([...])` in its own precision, where a list would be single; a longer array by way of numpy."""
    if value.size > MANY:
        return f"torch.tensor({array_source(value)})"
    kind = f", dtype=torch.{value.dtype.name}" if value.dtype.kind == "f" else ""
    return f"torch.tensor({value.tolist()!r}{kind})"


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
