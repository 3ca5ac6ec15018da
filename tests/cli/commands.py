"""`pastetrader …` as processes of their own."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from dataclasses import dataclass
from pathlib import Path

_END_SECONDS = 120
# Between two looks of somebody who waits: each look is a process.
LOOK_SECONDS = 1.0


@dataclass
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str


async def command(
    *arguments: str, data_dir: Path | None = None, typed: str = "", **env: str
) -> Done:
    """Run `pastetrader …` to its end; `typed` is all of its standard input."""
    return await ended(await spawn(*arguments, data_dir=data_dir, **env), typed)


async def spawn(*arguments: str, data_dir: Path | None = None, **env: str) -> Process:
    """Start `pastetrader …`, free of what the environment says about PasteTrader."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PASTETRADER_")}
    if data_dir is not None:
        clean["PASTETRADER_DATA_DIR"] = str(data_dir)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=clean | {"XDG_CONFIG_HOME": str(data_dir or "/nonexistent")} | env,
        # In the background of a shell this is ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


async def ended(process: Process, typed: str = "") -> Done:
    """Wait for a command; killed if it takes too long."""
    try:
        given = typed.encode() if process.stdin is not None else None
        out, err = await asyncio.wait_for(process.communicate(given), _END_SECONDS)
    finally:
        if process.returncode is None:
            process.kill()
    return Done(process.returncode or 0, out.decode(), err.decode())
