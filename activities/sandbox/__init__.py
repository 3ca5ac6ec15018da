"""Runs one command in a fresh, disposable box that sees neither the host nor its network."""

from activities.sandbox.host import Availability, availability, require
from activities.sandbox.launch import Host
from activities.sandbox.process import run
from activities.sandbox.spec import Limits, SandboxResult, SandboxSpec, Stop
from activities.sandbox.streams import Capture, Result

__all__ = [
    "Availability",
    "Capture",
    "Host",
    "Limits",
    "Result",
    "SandboxResult",
    "SandboxSpec",
    "Stop",
    "availability",
    "require",
    "run",
]
