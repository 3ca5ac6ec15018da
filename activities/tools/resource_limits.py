"""How much a boxed tool may use, and the error for the limit it ran into."""

import math
import os
import signal

from activities.context import ToolContext
from activities.errors import PayloadTooLarge, ResourceLimit
from activities.sandbox import Limits, SandboxResult, Stop

MIB = 1024 * 1024
MAX_RESULT_BYTES = 64 * MIB


def limits_for(memory_mb: int, context: ToolContext) -> Limits:
    """The limits of one call; the processor time ends what outlives its caller."""
    cpu_seconds = math.ceil(context.timeout_seconds) * (os.cpu_count() or 1) + 5
    return Limits(memory=memory_mb * MIB, cpu_seconds=cpu_seconds, result=MAX_RESULT_BYTES)


def check_limits(result: SandboxResult, limits: Limits) -> None:
    """Do nothing if the call stayed within its limits.

    Raises:
        ResourceLimit: memory, output or processor time.
        PayloadTooLarge: the result is over `MAX_RESULT_BYTES`.
    """
    if result.stopped is Stop.MEMORY:
        raise ResourceLimit(
            f"the tool used more than its {limits.memory // MIB} MB of memory; "
            "raise `memory_mb` or work on less data at once"
        )
    if result.stopped is Stop.OUTPUT:
        raise ResourceLimit(
            f"the tool printed more than {limits.flood // MIB} MB; return data instead of printing"
        )
    if result.stopped is Stop.RESULT:
        raise PayloadTooLarge(f"the result is larger than {limits.result // MIB} MB")
    if result.exit_code in (128 + signal.SIGXCPU, 128 + signal.SIGKILL):
        raise ResourceLimit(
            f"the tool was killed: it used up its {limits.cpu_seconds} s of processor time, "
            f"or its {limits.memory // MIB} MB of memory"
        )
