"""The `submission` that checks talk to: `submission.gamma.fisher_information(alpha, beta, "rate")`.

Every call is remembered, so that a check that fails can show the last one as runnable Python.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from time import monotonic
from typing import Any

from grading.assignment import ContractFunction, ContractModule, contract
from grading.submission import plain
from grading.submission.problems import Missing, Problem, Raised, Returned, TimedOut
from grading.submission.transport import Transport

PROBLEMS: dict[str, type[Problem]] = {"missing": Missing, "raised": Raised, "returned": Returned}
FORM = "the worker's answer was not in the agreed form"
"""Said where submitted code took the worker over."""
Reference = Callable[[str, list[Any], dict[str, Any]], Any]


@dataclass(frozen=True)
class Call:
    """One call to the submission, with what came back."""

    function: ContractFunction
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    value: Any = None
    tensors: bool = False
    """Whether its arrays crossed as torch tensors."""
    wrt: tuple[str, ...] = ()
    """Parameters of the contract in which the value was differentiated."""
    cotangent: Any = None


@dataclass
class Submission:
    """A submission behind a transport.  `call_seconds` bounds one call, `check_seconds` all calls of one check,
    `epoch_seconds` an epoch of a training where the profile's own limit does not serve.

    The time that a module takes to be imported counts for neither; the transport has a limit for that.
    """

    transport: Transport
    contract: dict[str, ContractModule] = field(default_factory=contract)
    call_seconds: float = 20.0
    check_seconds: float = 60.0
    epoch_seconds: float | None = None
    reference: Reference | None = None
    """Answers `(qualified name, args, kwargs)` in the submission's place, where an instructor grades dependents so."""
    substituted: list[str] = field(default_factory=list)
    """Contract functions that the reference answers in this check, because their own question failed."""
    listener: Callable[[Any], None] | None = None
    """Gets the progress messages of a training run."""
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=8))
    broken: Problem | None = None
    halt: Callable[[], None] = lambda: None
    """Called before the Problem is raised where no later call of the check can be answered either."""
    spent: float = 0.0

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        """How hypothesis and IPython print it: by name, not with the whole contract."""
        printer.text("submission")

    def __getattr__(self, name: str) -> Module:
        if name not in self.contract:
            raise AttributeError(f"the contract has no module {name}; it has {', '.join(self.contract)}")
        return Module(self, self.contract[name])

    def start_check(self) -> None:
        """Forget the calls, the failure and the time of the check before."""
        self.calls.clear()
        self.broken, self.spent = None, 0.0
        self.transport.start_check()

    def end_check(self) -> None:
        """Let the worker drop the check's state."""
        self.substituted = []
        self.transport.end_check()

    def describe(self, module: ContractModule) -> dict[str, Any]:
        """Where the module's functions were found, with their parameters or why they are not there."""
        return self.request({"op": "describe", "module": module.name, "functions": list(module.functions)})

    def answers(self) -> str:
        """The text of `answers.md`.  Raises Missing where there is none."""
        text = self.request({"op": "answers"})
        if not isinstance(text, str):
            raise Missing("the submission has no answers.md")
        return text

    def closed_form(self, name: str, assumptions: dict[str, dict[str, bool]]) -> str | None:
        """The text of a closed form in `answers.py`, or None where there is none.

        A letter of the question is a symbol with these assumptions, or data where it has none.  Raises Problem.
        """
        text = self.request({"op": "closed_form", "function": name, "assumptions": assumptions})
        if text is not None and not isinstance(text, str):
            raise Returned(f"`{name}` in answers.py gave no expression")
        return text

    def request(self, message: dict[str, Any], seconds: float | None = None) -> Any:
        """One request's value.

        Raises:
            Problem: no usable value.  Where the function is missing, and after a timeout or the worker's death, every
                later request of the same check fails in the same way at once: no other example would do better.
        """
        if self.broken is None:
            try:
                return self.exchange(message, seconds)
            except (Raised, Returned):
                raise
            except Problem as problem:
                self.broken = problem
        self.halt()
        raise self.broken

    def exchange(self, message: dict[str, Any], seconds: float | None) -> Any:
        """Send, wait, decode, and turn the worker's account of a problem into an exception."""
        left = self.check_seconds - self.spent
        if seconds is None and left <= 0:
            raise TimedOut(f"the calls of this check took more than {self.check_seconds:.0f} seconds together")
        message = message | {"substitute": self.substituted}
        self.transport.prepare(message.get("module") or message.get("function", "").partition(".")[0])
        start = monotonic()
        try:
            raw = self.transport.request(plain.encode(message), seconds or min(self.call_seconds, left), self.listen)
            reply = plain.decode(raw, trusted=False)
        except plain.Unusable as error:
            raise Returned(f"the value could not be read: {error}") from None
        finally:
            self.spent += monotonic() - start if seconds is None else 0.0  # a training run has a limit of its own
        return unwrap(reply)

    def listen(self, raw: bytes) -> bytes | None:
        """Answer the worker's question for a substituted function, or pass progress on."""
        message = plain.decode(raw, trusted=False)
        if self.reference is not None and isinstance(message, dict) and message.get("ask") in self.substituted:
            try:
                return plain.encode(self.reference(message["ask"], message["args"], message["kwargs"]))
            except Exception as error:  # whatever it is, the arguments are the submission's
                raise Raised(f"{message['ask']} was called in a way that raised {type(error).__name__}") from error
        if self.listener is not None:
            self.listener(message)
        return None


def unwrap(reply: Any) -> Any:
    """The value of a reply.  Raises the Problem it reports; a reply of another form is itself one."""
    if not isinstance(reply, dict) or not (
        {"value"} == set(reply) or {"problem", "message", "traceback"} == set(reply)
    ):
        raise Returned(FORM)
    if "value" in reply:
        return reply["value"]
    kind, message, traceback = reply["problem"], reply["message"], reply["traceback"]
    raise PROBLEMS.get(str(kind), Raised)(str(message)[:2000], str(traceback)[:8000])


@dataclass(frozen=True)
class Module:
    """A module of the contract."""

    submission: Submission
    stub: ContractModule

    def __getattr__(self, name: str) -> Function:
        if name not in self.stub.functions:
            raise AttributeError(f"the contract has no {self.stub.name}.{name}")
        return Function(self.submission, self.stub, self.stub.functions[name])


@dataclass(frozen=True)
class Function:
    """A function of the contract, as the submission implements it."""

    submission: Submission
    module: ContractModule
    stub: ContractFunction

    def __call__(self, *args: Any, seconds: float | None = None, **kwargs: Any) -> Any:
        """Its plain value: arrays, numbers, text, lists, dicts, None.  Raises Problem."""
        message = self.message("call", args) | {"kwargs": kwargs}
        made = Call(self.stub, args, kwargs, tensors=self.module.tensors)
        self.submission.calls.append(made)
        value = self.submission.request(message, seconds)
        self.submission.calls[-1] = replace(made, value=value)
        return value

    def gradient(self, *args: Any, wrt: str | tuple[str, ...], cotangent: Any = None) -> tuple[Any, dict[str, Any]]:
        """Value and gradients in the named parameters of the contract (a model stands for all its parameters).

        Gradients come by name, `encoder.mean.weight` for a model's, the parameter's own name otherwise; None where
        autograd did not reach.
        """
        names = (wrt,) if isinstance(wrt, str) else wrt
        positions = [self.stub.parameters.index(name) for name in names]
        made = Call(self.stub, args, {}, tensors=self.module.tensors, wrt=names, cotangent=cotangent)
        self.submission.calls.append(made)
        reply = self.submission.request(self.message("gradient", args) | {"wrt": positions, "cotangent": cotangent})
        if not isinstance(reply, dict) or not isinstance(reply.get("gradients"), dict):
            raise Returned(FORM)
        called = {str(self.stub.parameters.index(name)): name for name in names}
        gradients = {called.get(name, name): grad for name, grad in reply["gradients"].items()}
        self.submission.calls[-1] = replace(made, value=reply.get("value"))
        return reply.get("value"), gradients

    def message(self, op: str, args: tuple[Any, ...]) -> dict[str, Any]:
        """The request that all operations share."""
        return {
            "op": op,
            "function": self.stub.qualified,
            "args": list(args),
            "kwargs": {},
            "tensors": self.module.tensors,
        }
