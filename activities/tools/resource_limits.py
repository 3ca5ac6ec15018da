"""How much a boxed tool may use, and the error for the limit it ran into."""

import math
import os
import signal
from collections.abc import Callable
from pathlib import Path

from activities.context import ToolContext
from activities.errors import PayloadTooLarge, ResourceLimit
from activities.sandbox import Limits, SandboxResult, Stop
from activities.tools.box_files import MAX_FILES_BYTES
from models.graph.tool import PythonConfig, ShellConfig
from models.graph.values import Json

MIB = 1024 * 1024
MAX_RESULT_BYTES = 64 * MIB


def limits_for(config: PythonConfig | ShellConfig, context: ToolContext) -> Limits:
    """The limits of one call; the processor time ends what outlives its caller."""
    cpu_seconds = math.ceil(context.timeout_seconds) * (os.cpu_count() or 1) + 5
    return Limits(
        memory=config.memory_mb * MIB,
        disk=config.disk_mb * MIB,
        cpu_seconds=cpu_seconds,
        # With room for the list of files.
        result=MAX_RESULT_BYTES + MAX_FILES_BYTES + MIB,
    )


def result_file(context: ToolContext) -> Callable[[], Path]:
    """Names the file for a result that is too large for the worker's memory."""
    return lambda: context.scratch.folder() / "result"


def check_limits(result: SandboxResult, limits: Limits) -> None:
    """Do nothing if the call stayed within its limits.

    Raises:
        ResourceLimit: memory, output, file size or processor time.
        PayloadTooLarge: what it handed over is too much.
    """
    if result.stopped is Stop.MEMORY:
        raise ResourceLimit(
            f"the tool used more than its {limits.memory // MIB} MB of memory, in which its files "
            "count; raise `memory_mb` or work on less data at once"
        )
    if result.stopped is Stop.OUTPUT:
        raise ResourceLimit(
            f"the tool printed more than {limits.flood // MIB} MB; return data instead of printing"
        )
    if result.stopped is Stop.RESULT:
        raise PayloadTooLarge(f"the result with its files is larger than {limits.result // MIB} MB")
    if result.exit_code == 128 + signal.SIGXFSZ:
        raise disk_is_full(limits)
    if result.exit_code in (128 + signal.SIGXCPU, 128 + signal.SIGKILL):
        raise ResourceLimit(
            f"the tool was killed: it used up its {limits.cpu_seconds} s of processor time, "
            f"or its {limits.memory // MIB} MB of memory"
        )


def disk_is_full(limits: Limits, details: Json = None) -> ResourceLimit:
    """The error of a tool that has no room left for its files."""
    return ResourceLimit(
        f"the tool filled its {limits.disk // MIB} MB of disk, or wrote a file larger than that; "
        "raise `disk_mb`, and `memory_mb` by as much, since files are kept in memory",
        details=details,
    )
