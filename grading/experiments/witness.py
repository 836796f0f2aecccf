"""Who returned the NaN: the submission's functions and the model, heard returning while a loss is computed.

Python's profiling hook hears every function return, whatever it is called and wherever it is bound, and nothing is put
in its place: what is trained is the submission's own code.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from torch import Tensor, nn

NAN, INFINITE = "NaN", "an infinite value"


class Witness:
    """What was first not finite in one computation of the loss."""

    def __init__(self, model: nn.Module, root: Path | None = None) -> None:
        """Without the folder of a submission, the model alone is heard."""
        self.model, self.root = model, root
        self.forget()

    def forget(self) -> None:
        """Nothing was heard yet."""
        self.who, self.what = "", ""
        self.value: Tensor | None = None
        self.nan_in_model = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Hear what returns within the context; where a profiler listens already, the model alone."""
        self.forget()
        parts = [(name, part) for name, part in self.model.named_children() if name in ("encoder", "decoder")]
        hooks = [part.register_forward_pre_hook(self.given(name)) for name, part in parts]
        hooks += [part.register_forward_hook(self.returned(name)) for name, part in parts]
        free = self.root is not None and sys.getprofile() is None
        if free:
            sys.setprofile(self.hear)
        try:
            yield
        finally:
            if free:
                sys.setprofile(None)
            for hook in hooks:
                hook.remove()

    def hear(self, frame: FrameType, event: str, value: Any) -> None:
        """A function returns."""
        if event == "return" and not self.who and (file := self.own_file(frame.f_code)):
            self.note(f"`{frame.f_code.co_qualname}` in {file} returned", value)

    def given(self, name: str) -> Any:
        """A hook for what a part of the model is given."""
        return lambda part, arguments: self.note_of_model(f"`model.{name}` was given", arguments)

    def returned(self, name: str) -> Any:
        """A hook for what a part of the model returns."""
        return lambda part, arguments, value: self.note_of_model(f"`model.{name}` returned", value)

    def note_of_model(self, who: str, value: Any) -> None:
        """Nothing right is computed from a model's NaN, whatever becomes of it later."""
        self.nan_in_model |= self.note(who, value) == NAN

    def note(self, who: str, value: Any) -> str:
        """Remember the first value that is not finite; what this one is."""
        for tensor in value if isinstance(value, tuple | list) else (value,):
            if isinstance(tensor, Tensor) and (what := not_finite(tensor)):
                if not self.who:
                    self.who, self.what, self.value = who, what, tensor
                return what
        return ""

    def own_file(self, code: CodeType) -> str:
        """The submission's file that holds this code, as the student knows it; empty for anybody else's code."""
        path, root = code.co_filename, os.path.join(str(self.root), "")
        inside = path.removeprefix(root)
        own = path.startswith(root) and (os.sep not in inside or inside.startswith("implementations" + os.sep))
        return inside if own else ""

    def cause(self, loss: object = None) -> str:
        """`reparameterize` in implementations/vae.py returned NaN; empty where that was the loss's own value."""
        return f"{self.who} {self.what}" if self.who and self.value is not loss else ""


def not_finite(tensor: Tensor) -> str:
    """What this tensor holds that is not finite, NaN before infinity."""
    try:
        ends = [float(end) for end in tensor.detach().aminmax()]  # both are NaN where any entry is
    except RuntimeError:  # no entries, complex ones, or none to be looked at, as within torch.vmap
        return ""
    return NAN if math.isnan(ends[0]) else INFINITE if not all(map(math.isfinite, ends)) else ""
