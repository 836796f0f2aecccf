"""The submission's side of the boundary: load its modules, answer calls with plain data.

This file runs in the process of the submitted code.  It holds no expected value, no seed but those in its arguments
and no verdict; whatever a submission does to it can only change that submission's own answers.
"""

from __future__ import annotations

import dis
import inspect
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from grading.submission import plain
from grading.submission.folder import Layout
from grading.submission.loading import Loader, LoadError

Listen = Callable[[bytes], bytes | None]
STUB = "not implemented yet: it only raises NotImplementedError"
ONLY_BITS = "within the support (Boolean()) of the distribution Bernoulli"
"""In what torch says of a Bernoulli's log_prob at a value between 0 and 1; what follows is a page of numbers."""
GREY_PIXELS = (
    "log_prob of torch's Bernoulli takes 0 and 1 only, and pixels are grey values in [0, 1]: "
    "Bernoulli(logits=..., validate_args=False) takes them, and so does binary_cross_entropy_with_logits"
)


class Worker:
    """Answers requests about one submission folder."""

    def __init__(self, folder: Path, read: Callable[[Path], Layout] = Layout.read) -> None:
        self.loader = Loader(read(folder))

    def answer(self, request: bytes, listen: Listen) -> bytes:
        """The reply to one request; never raises for what submitted code does, not even for SystemExit."""
        try:
            message = plain.decode(request, trusted=True)
            return plain.encode({"value": OPERATIONS[message["op"]](self, message, listen)})
        except LoadError as error:
            reply = {"problem": "missing", "message": str(error), "traceback": error.traceback}
        except plain.Unusable as error:
            reply = {"problem": "returned", "message": str(error), "traceback": ""}
        except NotImplementedError as error:
            said = f" ({str(error)[:200]})" if str(error) else ""
            words = f"`{message['function']}` is not implemented yet{said}"
            reply = {"problem": "missing", "message": words, "traceback": ""}
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            reply = {
                "problem": "raised",
                "message": describe(error) + self.left_out(error),
                "traceback": frames_of(error, self.loader.layout.root),
            }
        return plain.encode(reply)

    def left_out(self, error: BaseException) -> str:
        """The notice that says why a name is not defined, where an experiment of a notebook would have defined it."""
        name = error.name if isinstance(error, NameError) else None
        notice = self.loader.lost.get(name) if type(name) is str else None
        return f" ({notice})" if notice else ""

    def function(self, name: str, message: dict[str, Any], listen: Listen) -> Any:
        """The submitted function, with the functions named in `substitute` answered by the judge instead."""
        module, _, attribute = name.partition(".")
        for other in message.get("substitute", []):
            self.loader.substitute(other, ask_judge(other, listen))
        return self.loader.function(module, attribute)


def call(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """Call a function with plain arguments; its value, made plain."""
    function = worker.function(message["function"], message, listen)
    arguments = [arrive(each, message["tensors"]) for each in message["args"]]
    keywords = {key: arrive(each, message["tensors"]) for key, each in message["kwargs"].items()}
    return depart(function(*arguments, **keywords))


def gradient(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """Value and gradients of a torch function.

    The value is contracted with `cotangent` (ones where absent).  `wrt` names parameters of the contract by position;
    a model stands for all its parameters.  A gradient that autograd did not reach is None, not zeros.
    """
    import torch

    function = worker.function(message["function"], message, listen)
    arguments = [arrive(each, True) for each in message["args"]]
    leaves = leaves_of(arguments, message["wrt"])
    value = function(*arguments)
    if not isinstance(value, torch.Tensor):
        raise plain.Unusable(f"a {type(value).__name__} where a tensor with a gradient was expected")
    cotangent = (
        torch.ones_like(value) if message["cotangent"] is None else torch.as_tensor(message["cotangent"]).to(value)
    )
    if not value.requires_grad or cotangent.shape != value.shape:  # of the wrong shape: the check says so
        return {"value": depart(value), "gradients": dict.fromkeys(leaves)}
    live = {name: leaf for name, leaf in leaves.items() if leaf.requires_grad}  # the submitted code can freeze a model
    grads = torch.autograd.grad(value, list(live.values()), cotangent, allow_unused=True) if live else ()
    reached = dict(zip(live, map(depart, grads), strict=True))
    return {"value": depart(value), "gradients": {name: reached.get(name) for name in leaves}}


def leaves_of(arguments: list[Any], wrt: list[int]) -> dict[str, Any]:
    """The tensors to differentiate in, by name: `0` for an argument, `encoder.0.weight` for a model's parameter."""
    leaves: dict[str, Any] = {}
    for position in wrt:
        argument = arguments[position]
        if hasattr(argument, "named_parameters"):
            leaves |= {name: parameter for name, parameter in argument.named_parameters()}
        else:
            leaves[str(position)] = argument.requires_grad_()
    return leaves


def describe_module(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """For each named function of a module: the file it was looked for in, its parameters, or why it is not there."""
    layout = worker.loader.layout
    found: dict[str, dict[str, Any]] = {}
    for name in message["functions"]:
        path, _ = layout.source_of(message["module"], name)
        found[name] = {"file": str(path.relative_to(layout.root)) if path else "", "parameters": None, "problem": ""}
        try:
            function = worker.loader.function(message["module"], name)
            found[name]["parameters"] = parameters_of(function)
            found[name]["problem"] = STUB if is_stub(function) else ""
        except LoadError as error:
            found[name]["problem"] = str(error)
    return {"functions": found, "notices": list(worker.loader.notices)}


def is_stub(function: Any) -> bool:
    """Is its whole body `raise NotImplementedError`?  Read from the bytecode: nothing is called."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_names != ("NotImplementedError",):
        return False
    return not any(step.opname.startswith("RETURN") for step in dis.get_instructions(code))


def answers(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """The text of `answers.md`, or None where there is none."""
    return worker.loader.layout.answers()


def closed_form(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """The text of a closed form in `answers.py`, called with a symbol for each parameter; None where there is none."""
    path = worker.loader.layout.path_of("answers")
    function = getattr(worker.loader.module(path), message["function"], None) if path else None
    if function is None:
        return None
    from sympy import sstr

    symbols = [symbol(name, message["assumptions"].get(name, {"real": True})) for name in parameters_of(function)]
    try:
        return sstr(function(*symbols))
    except NotImplementedError:
        return None


def symbol(name: str, assumptions: dict[str, bool]) -> Any:
    """A letter; without assumptions it is data with members."""
    import sympy

    return sympy.Symbol(name, **assumptions) if assumptions else sympy.IndexedBase(name)


def epoch(worker: Worker, message: dict[str, Any], listen: Listen) -> Any:
    """One epoch of training with a submitted loss; the state after it and the mean loss."""
    from grading.experiments import epoch as training

    loss = worker.function(message["function"], message, listen)
    plan = training.Plan(**message["plan"])
    network = arrive(message["model"], True)
    state, mean = training.run(
        loss,
        network,
        message["state"],
        message["images"],
        plan,
        message["number"],
        begin=lambda step: listen(plain.encode({"step": step})),
        root=worker.loader.layout.root,
    )
    return {"state": depart(state), "loss": mean}


OPERATIONS: dict[str, Callable[[Worker, dict[str, Any], Listen], Any]] = {
    "call": call,
    "gradient": gradient,
    "describe": describe_module,
    "answers": answers,
    "closed_form": closed_form,
    "epoch": epoch,
}


def ask_judge(name: str, listen: Listen) -> Callable[..., Any]:
    """A stand-in for a function whose question failed: the judge computes it, only values come back."""

    def stand_in(*args: Any, **kwargs: Any) -> Any:
        """The judge's value for these arguments."""
        answer = listen(plain.encode({"ask": name, "args": depart(list(args)), "kwargs": depart(kwargs)}))
        return plain.decode(answer or b"\xc0", trusted=True)

    return stand_in


def arrive(value: Any, tensors: bool) -> Any:
    """A request's value as the submitted code expects it: tensors for torch modules, generators, models."""
    if isinstance(value, plain.Rng):
        return generator(value.seed, tensors)
    if isinstance(value, plain.Model):
        from grading.submission.network import Network

        return Network(value)
    if isinstance(value, np.ndarray) and tensors:
        import torch

        return torch.from_numpy(value)
    if isinstance(value, tuple | list):
        return type(value)(arrive(each, tensors) for each in value)
    if isinstance(value, dict):
        return {key: arrive(each, tensors) for key, each in value.items()}
    return value


def generator(seed: int, tensors: bool) -> Any:
    """The random generator that the contract names: numpy's, or torch's in torch modules."""
    if not tensors:
        return np.random.default_rng(seed)
    import torch

    return torch.Generator().manual_seed(seed)


def depart(value: Any, depth: int = 0) -> Any:
    """A submitted value as exact built-in and ndarray types, a set of names as a sorted list.

    Raises Unusable on anything else.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if depth >= plain.MAX_DEPTH:
        raise plain.Unusable(f"lists nested more than {plain.MAX_DEPTH} deep")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return np.array(value, subok=False)
    if type(value).__module__.split(".")[0] == "torch" and hasattr(value, "detach"):
        return value.detach().cpu().numpy()
    if isinstance(value, list | tuple):
        return [depart(each, depth + 1) for each in value]
    if type(value) in (set, frozenset) and all(type(each) is str for each in value):
        return sorted(value)
    if isinstance(value, dict):
        return {str(key): depart(each, depth + 1) for key, each in value.items()}
    raise plain.Unusable(
        f"a {type(value).__module__}.{type(value).__name__}, where plain numbers or an array were expected"
    )


def parameters_of(function: Any) -> list[str]:
    """Parameter names, or [] where Python cannot tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def describe(error: BaseException) -> str:
    """`ValueError: ...`, at most 500 characters; an error whose own text cannot be made is named by its type."""
    try:
        words = str(error)
        return f"{type(error).__name__}: {GREY_PIXELS if ONLY_BITS in words else words}"[:500]
    except BaseException:
        return type(error).__name__


def frames_of(error: BaseException, root: Path) -> str:
    """The traceback's frames that lie in the submission, as Python prints them."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if Path(f.filename).is_relative_to(root)]
    return "".join(traceback.format_list(frames[-8:]))[-4000:]
