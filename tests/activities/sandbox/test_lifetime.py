"""A box ends when its call ends, whatever happens, and leaves nothing behind."""

import asyncio
import json
import os
import signal
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from activities import sandbox
from activities.errors import ToolError
from activities.sandbox import SandboxResult, SandboxSpec

Boxed = Callable[..., Awaitable[SandboxResult]]
ROOT = Path(__file__).parents[3]
TREE = (
    "(sleep {n} & setsid sleep {n} & wait) & nohup sleep {n} >/dev/null 2>&1 & echo up; sleep {n}"
)


def sleeping(seconds: int) -> int:
    """How many processes of the host run `sleep seconds`."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += path.read_bytes() == f"sleep\0{seconds}\0".encode()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


async def until(condition: Callable[[], bool], seconds: float) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        await asyncio.sleep(0.02)
    return True


async def test_cancel_kills_grandchildren_within_two_seconds() -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["bash", "-c", TREE.format(n=71_001)])))
    assert await until(lambda: sleeping(71_001) == 4, 10)
    start = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_001) == 0
    assert time.monotonic() - start < 2


# Each says `up` when all of it runs.
STUBBORN = {
    "double-forked and in a session of its own": """
        import os, time
        if os.fork() == 0:
            os.setsid()
            if os.fork() == 0:
                time.sleep(600)
            os._exit(0)
        os.wait()
        say()
    """,
    "ignoring every signal that can be": """
        import signal, time
        for number in signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP}:
            try: signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError): pass
        say()
    """,
    "stopped": """
        import os, signal, time
        children = [os.fork() for _ in range(1)]
        if children == [0]: time.sleep(600)
        os.kill(children[0], signal.SIGSTOP)
        os.waitpid(children[0], os.WUNTRACED)
        say()
    """,
    "busy in a system call": """
        import os, threading
        source, target = os.open('/dev/zero', os.O_RDONLY), os.open('/dev/null', os.O_WRONLY)
        buffer = bytearray(64 << 20)
        def work():
            while True: os.readv(source, [buffer] * 8)
        threading.Thread(target=work).start()
        say()
    """,
    "waiting in a system call": """
        import os, threading
        reader, writer = os.pipe()
        threading.Thread(target=os.read, args=(reader, 1)).start()
        say()
    """,
    "a tree of fifty": """
        import os, time
        for _ in range(50):
            if os.fork() == 0: time.sleep(600)
        say()
    """,
    "forking all the time": """
        import os, time
        if os.fork() == 0:
            while True:
                if os.fork() == 0: os._exit(0)
                os.wait()
        say()
    """,
    "writing all the time": """
        import os
        os.write(1, b'up')
        while True: os.write(2, b'x')
    """,
}


@pytest.mark.parametrize("name", STUBBORN)
async def test_cancel_ends_the_whole_tree_within_two_seconds(name: str) -> None:
    mark = f"box-{os.getpid()}-{list(STUBBORN).index(name)}"
    say = f"def say():\n    print('up', flush=True)\n    while '{mark}': time.sleep(600)\n"
    up = asyncio.Event()
    host = await sandbox.require()
    code = f"import time\n{say}{textwrap.dedent(STUBBORN[name])}"
    spec = SandboxSpec(
        [str(host.interpreter), "-I", "-c", code, mark], on_stdout=lambda _chunk: up.set()
    )
    call = asyncio.create_task(sandbox.run(spec))
    await asyncio.wait_for(up.wait(), 20)
    assert marked(mark) > 0
    start = time.monotonic()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert marked(mark) == 0
    assert time.monotonic() - start < 2


def marked(mark: str) -> int:
    """How many processes of the host have `mark` in their command line."""
    found = 0
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += mark.encode() in path.read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


@pytest.mark.parametrize("delay", [0.0, 0.001, 0.003, 0.006, 0.01, 0.02])
async def test_cancel_while_starting(delay: float) -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["sleep", "71002"])))
    await asyncio.sleep(delay)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_002) == 0


async def test_timeout_of_the_caller() -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await sandbox.run(SandboxSpec(["sleep", "71003"]))
    assert sleeping(71_003) == 0


async def test_second_cancel_does_not_leave_the_tree() -> None:
    call = asyncio.create_task(sandbox.run(SandboxSpec(["bash", "-c", TREE.format(n=71_004)])))
    assert await until(lambda: sleeping(71_004) == 4, 10)
    call.cancel()
    await asyncio.sleep(0)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_004) == 0


async def test_normal_end_kills_what_was_left_running(boxed_shell: Boxed) -> None:
    result = await boxed_shell("setsid sleep 71005 & sleep 71005 & echo done; exit 7")
    assert (result.exit_code, result.stdout.text()) == (7, "done\n")
    assert sleeping(71_005) == 0


async def test_ignored_signals_do_not_help(boxed_shell: Boxed) -> None:
    call = asyncio.create_task(
        boxed_shell("trap '' TERM INT HUP; sleep 71006 & while :; do :; done")
    )
    assert await until(lambda: sleeping(71_006) == 1, 10)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert sleeping(71_006) == 0


async def test_sink_that_raises_ends_the_box() -> None:
    def refuse(_chunk: bytes) -> None:
        raise LookupError("no log")

    spec = SandboxSpec(["bash", "-c", "echo hi; sleep 71007"], on_stdout=refuse)
    with pytest.raises(LookupError):
        await sandbox.run(spec)
    assert sleeping(71_007) == 0


async def test_killed_worker_takes_its_boxes_along() -> None:
    worker = textwrap.dedent("""
        import asyncio
        from activities import sandbox
        spec = sandbox.SandboxSpec(["bash", "-c", "sleep 71008 & sleep 71008"])
        asyncio.run(sandbox.run(spec))
    """)
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", worker, cwd=ROOT)
    try:
        assert await until(lambda: sleeping(71_008) == 2, 15)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()
    assert await until(lambda: sleeping(71_008) == 0, 2)


async def test_nothing_persists_between_calls(boxed_shell: Boxed) -> None:
    await boxed_shell("echo 1 > /box/a; echo 1 > /tmp/b; echo 1 > /dev/shm/c")
    result = await boxed_shell("ls -A /box /tmp /dev/shm | grep -v : | tr -d '\\n'")
    assert result.stdout.text() == ""


SHARED = {
    "memory of POSIX": (
        "open('/dev/shm/mark', 'w').write('x')",
        "import os; print(os.path.exists('/dev/shm/mark'))",
    ),
    "files of all": (
        "open('/tmp/mark', 'w').write('x')",
        "import os; print(os.path.exists('/tmp/mark'))",
    ),
    "abstract sockets": (
        "import socket; s = socket.socket(socket.AF_UNIX); s.bind('\\0mark'); s.listen()",
        "import socket; print(socket.socket(socket.AF_UNIX).connect_ex('\\0mark') == 0)",
    ),
    "ports": (
        "import socket; s = socket.create_server(('127.0.0.1', 7123))",
        "import socket; print(socket.socket().connect_ex(('127.0.0.1', 7123)) == 0)",
    ),
    "semaphores of System V": (
        "import ctypes; assert ctypes.CDLL(None).semget(7123, 1, 0o1666) >= 0",
        "import ctypes; print(ctypes.CDLL(None).semget(7123, 1, 0o666) >= 0)",
    ),
}


@pytest.mark.parametrize("name", SHARED)
async def test_boxes_share_nothing(name: str, boxed_python: Boxed) -> None:
    make, look = SHARED[name]
    # In one box it would be seen.
    alone = await boxed_python(f"{make}\n{look}")
    assert alone.stdout.text() == "True\n", alone
    up = asyncio.Event()
    code = f"{make}\nimport time\nprint('up', flush=True)\ntime.sleep(600)"
    other = asyncio.create_task(boxed_python(code, on_stdout=lambda _chunk: up.set()))
    await asyncio.wait_for(up.wait(), 20)
    result = await boxed_python(look)
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    assert result.stdout.text() == "False\n", result


async def test_nothing_is_left_to_act_after_the_end(boxed_python: Boxed) -> None:
    # Timers, an own session, and a pipe that is kept open: all end with the box.
    mark = f"box-{os.getpid()}-left"
    result = await boxed_python(
        f"import os, signal, threading, time; mark = '{mark}'\n"
        "signal.setitimer(signal.ITIMER_REAL, 30)\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    signal.signal(signal.SIGALRM, lambda *_: os.execv('/bin/sleep', ['sleep', mark]))\n"
        "    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)\n"
        "    while True: time.sleep(600)\n"
        "print('done')\n"
    )
    assert (result.exit_code, result.stdout.text()) == (0, "done\n")
    assert marked(mark) == 0
    await asyncio.sleep(0.4)
    assert marked(mark) == 0


async def test_boxes_do_not_see_each_other() -> None:
    other = asyncio.create_task(sandbox.run(SandboxSpec(["sleep", "71009"])))
    assert await until(lambda: sleeping(71_009) == 1, 10)
    result = await sandbox.run(SandboxSpec(["bash", "-c", "echo /proc/[0-9]*"]))
    other.cancel()
    with pytest.raises(asyncio.CancelledError):
        await other
    assert result.stdout.text() == "/proc/1\n"


async def test_a_box_that_does_not_come_up_is_a_typed_error() -> None:
    spec = SandboxSpec(["true"], files={"/usr/no-such-folder/file": b""})
    with pytest.raises(ToolError, match=r"could not be set up: bwrap: .*Read-only file system"):
        await sandbox.run(spec)


async def test_fifty_at_once(boxed_python: Boxed) -> None:
    codes = (f"import json; print(json.dumps({n}))" for n in range(50))
    results = await asyncio.gather(*(boxed_python(code) for code in codes))
    assert [json.loads(result.stdout.text()) for result in results] == list(range(50))
