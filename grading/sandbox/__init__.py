"""The sandbox: what a process of submitted code may see, do and use up, and the server that starts such processes.

    policy     what is allowed: folders, limits
    confine    apply a policy to the current process, for good
    seccomp    system calls that submitted code has no business with
    processes  a tree of processes: who is in it, what it uses, end it
    forking    the warm server that forks one confined process after another
    session    the loop inside such a process

`docs/security.md` states what this protects against and what it does not.
"""

from grading.sandbox.confine import SandboxUnavailable, available
from grading.sandbox.policy import Isolation, Limits, Policy

__all__ = ["Isolation", "Limits", "Policy", "SandboxUnavailable", "available"]
