"""Runs one command in a fresh, disposable box that sees neither the host nor its network."""

from activities.sandbox.host import Availability, availability, require
from activities.sandbox.launch import Host
from activities.sandbox.process import run
from activities.sandbox.spec import Capture, Limits, SandboxResult, SandboxSpec, Stop

__all__ = [
    "Availability",
    "Capture",
    "Host",
    "Limits",
    "SandboxResult",
    "SandboxSpec",
    "Stop",
    "availability",
    "require",
    "run",
]
