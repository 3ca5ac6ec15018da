"""The Python tool: results, logs and every way to fail."""

import asyncio
import textwrap
import time

import pytest

from activities.artifacts import Artifacts
from activities.context import ToolContext
from activities.errors import (
    InvalidInput,
    InvalidOutput,
    PayloadTooLarge,
    ResourceLimit,
    ToolError,
    UserCodeError,
)
from activities.scratch import Scratch
from activities.tools import python
from models.enums import LogLevel
from models.graph.limits import MAX_LOG_LINES
from models.graph.tool import PythonConfig
from models.graph.values import Json


class Recorder:
    """The edge of the tool: collects log lines with the time they came."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, LogLevel]] = []
        self.times: list[float] = []
        self.written = asyncio.Event()

    def __call__(self, message: str, level: LogLevel = LogLevel.INFO, data: Json = None) -> None:
        self.lines.append((message, level))
        assert data is None
        self.times.append(time.monotonic())
        self.written.set()


@pytest.fixture
def log() -> Recorder:
    return Recorder()


async def call(code: str, log: Recorder, /, **inputs: Json) -> Json:
    store, scratch = Artifacts.from_url("memory:///"), Scratch()
    context = ToolContext("run", "node", "node", 1, "key", 60, log, store, scratch)
    config = PythonConfig(code=textwrap.dedent(code), memory_mb=256)
    try:
        return await python.run(config, inputs, context)
    finally:
        scratch.remove()


async def test_inputs_in_result_out(log: Recorder) -> None:
    code = "def main(prices, factor=2): return {'out': [p * factor for p in prices]}"
    assert await call(code, log, prices=[1, 2.5]) == {"out": [2, 5.0]}


@pytest.mark.parametrize("value", [None, True, 0, -(2**63), 1.5, "ü\n😀", [], {"a": [{}]}])
async def test_values_pass_unchanged(value: Json, log: Recorder) -> None:
    assert await call("def main(x): return x", log, x=value) == value


async def test_keyword_defaults_and_any(log: Recorder) -> None:
    code = "def main(a, *, b, c=3, **rest): return [a, b, c, rest]"
    assert await call(code, log, a=1, b=2, z=9) == [1, 2, 3, {"z": 9}]


async def test_asynchronous_main(log: Recorder) -> None:
    code = "import asyncio\nasync def main():\n    await asyncio.sleep(0)\n    return 7"
    assert await call(code, log) == 7


async def test_classes_and_standard_library_work(log: Recorder) -> None:
    code = """
        import dataclasses, multiprocessing, statistics, tempfile, threading
        @dataclasses.dataclass
        class Point:
            x: int
        def main():
            with tempfile.TemporaryFile() as file:
                file.write(b"x")
            lock = multiprocessing.Lock()
            thread = threading.Thread(target=lock.acquire)
            thread.start(); thread.join()
            return dataclasses.asdict(Point(statistics.mode([3, 3, 1])))
    """
    assert await call(code, log) == {"x": 3}


async def test_prints_are_logged_as_they_happen(log: Recorder) -> None:
    code = """
        import sys, time
        def main():
            print("first")
            time.sleep(0.5)
            print("problem", file=sys.stderr)
            sys.stdout.write("no line end")
    """
    await call(code, log)
    assert log.lines[0] == ("first", LogLevel.INFO)
    assert ("problem", LogLevel.WARNING) in log.lines
    assert ("no line end", LogLevel.INFO) in log.lines
    assert log.times[1] - log.times[0] > 0.3


async def test_log_is_capped_and_says_so(log: Recorder) -> None:
    assert await call("def main():\n    for n in range(9000): print(n)\n    return 1", log) == 1
    assert len(log.lines) == MAX_LOG_LINES + 1
    assert log.lines[-1] == (
        f"{9000 - MAX_LOG_LINES} more lines of output were not kept",
        "warning",
    )


async def test_long_line_is_cut(log: Recorder) -> None:
    await call("def main(): print('x' * 1_000_000); print('next')", log)
    assert [len(message) for message, _ in log.lines] == [4_000, 4]


async def test_exception_shows_the_users_traceback_only(log: Recorder) -> None:
    code = "def inner():\n    return {}['key']\n\ndef main():\n    return inner()\n"
    with pytest.raises(UserCodeError) as caught:
        await call(code, log)
    details = caught.value.details
    assert isinstance(details, dict)
    assert details["type"] == "KeyError"
    assert details["line"] == 2
    assert details["traceback"] == (
        "Traceback (most recent call last):\n"
        '  File "tool.py", line 5, in main\n    return inner()\n           ^^^^^^^\n'
        "  File \"tool.py\", line 2, in inner\n    return {}['key']\n           ~~^^^^^^^\n"
        "KeyError: 'key'\n"
    )
    assert caught.value.message == "KeyError: 'key' (tool.py, line 2)"
    assert caught.value.retryable


async def failed(code: str, log: Recorder) -> tuple[str, str]:
    """Message and traceback of code that raises."""
    with pytest.raises(UserCodeError) as caught:
        await call(code, log)
    assert isinstance(caught.value.details, dict)
    text = str(caught.value.details["traceback"])
    assert "/tool/" not in text
    assert "runner" not in text
    return caught.value.message, text


async def test_causes_of_an_exception_are_shown(log: Recorder) -> None:
    code = """
        def inner():
            raise KeyError("a")
        def main():
            try: inner()
            except KeyError as error: raise ValueError("no a") from error
    """
    message, text = await failed(code, log)
    assert message == "ValueError: no a (tool.py, line 6)"
    first, second = text.split("The above exception was the direct cause")
    assert "line 3, in inner\n    raise KeyError(\"a\")\nKeyError: 'a'" in first
    assert "line 6, in main" in second


async def test_an_exception_while_handling_another_shows_both(log: Recorder) -> None:
    code = "def main():\n    try: 1 / 0\n    except ZeroDivisionError: {}['b']\n"
    _, text = await failed(code, log)
    assert "ZeroDivisionError: division by zero\n\nDuring handling of the above" in text


async def test_a_chain_of_a_thousand_is_told_in_part(log: Recorder) -> None:
    code = """
        def main():
            error = None
            for n in range(1000):
                try: raise ValueError(n) from error
                except ValueError as caught: error = caught
            raise error
    """
    message, text = await failed(code, log)
    assert message.startswith("ValueError: 999")
    assert len(text) <= 16_000


async def test_an_exception_that_causes_itself_ends(log: Recorder) -> None:
    code = """
        def main():
            a, b = ValueError("a"), ValueError("b")
            a.__cause__, b.__cause__ = b, a
            raise a
    """
    assert (await failed(code, log))[0].startswith("ValueError: a")


async def test_nothing_of_ours_is_shown_between_frames_of_the_user(log: Recorder) -> None:
    code = """
        import pathlib, sys
        def main():
            pathlib.Path("/box/logging.py").write_text("raise LookupError('mine')\\n")
            sys.path.insert(0, "/box")
            import logging
    """
    _, text = await failed(code, log)
    assert text.splitlines()[1] == '  File "tool.py", line 6, in main'
    assert text.splitlines()[-3] == '  File "/box/logging.py", line 1, in <module>'


async def test_logging_that_is_not_there_is_the_usual_error(log: Recorder) -> None:
    code = "import sys\ndef main():\n    sys.path.clear()\n    import logging\n"
    message, _ = await failed(code, log)
    assert message == "ModuleNotFoundError: No module named 'logging' (tool.py, line 4)"


async def test_notes_are_shown_below_the_message(log: Recorder) -> None:
    code = "def main():\n    e = ValueError('v')\n    e.add_note('see line 3')\n    raise e\n"
    message, text = await failed(code, log)
    assert message == "ValueError: v (tool.py, line 4)"
    assert text.endswith("ValueError: v\nsee line 3\n")


async def test_groups_show_what_they_hold(log: Recorder) -> None:
    code = """
        import asyncio
        async def fetch(n):
            raise ValueError(f"task {n}")
        async def main():
            async with asyncio.TaskGroup() as group:
                for n in range(2): group.create_task(fetch(n))
    """
    message, text = await failed(code, log)
    assert message.startswith("ExceptionGroup: ")
    assert "ValueError: task 0" in text
    assert "ValueError: task 1" in text
    assert text.count("line 4, in fetch") == 2


async def test_the_event_loop_of_an_asynchronous_main_is_not_shown(log: Recorder) -> None:
    _, text = await failed("async def main():\n    raise ValueError('x')\n", log)
    assert text.splitlines()[1] == '  File "tool.py", line 2, in main'
    assert text.count("File") == 1


@pytest.mark.parametrize(
    "code",
    [
        "class Odd(dict):\n    def items(self): raise KeyError('odd')\ndef main(): return Odd(a=1)",
        "class Odd:\n    def tolist(self): raise KeyError('odd')\ndef main(): return Odd()",
        "class Odd:\n    def __fspath__(self): raise KeyError('odd')\ndef main(): return Odd()",
        "class Odd(Exception):\n    def __str__(self): raise KeyError\ndef main(): raise Odd",
    ],
)
async def test_values_that_raise_when_read_are_the_users_failure(code: str, log: Recorder) -> None:
    await failed(code, log)


async def test_numbers_that_only_look_foreign_are_returned(log: Recorder) -> None:
    code = """
        class Number:
            def tolist(self): return 7
        def main(): return {"a": [Number()]}
    """
    assert await call(code, log) == {"a": [7]}


async def test_packages_of_the_machine_cannot_be_imported(log: Recorder) -> None:
    code = """
        import sys
        def main():
            return [path for path in sys.path if "packages" in path], "site" in sys.modules
    """
    assert await call(code, log) == [[], False]


async def test_syntax_error_is_not_retried(log: Recorder) -> None:
    with pytest.raises(UserCodeError, match="SyntaxError") as caught:
        await call("def main():\n    return (\n", log)
    assert not caught.value.retryable
    assert isinstance(caught.value.details, dict)
    assert caught.value.details["line"] == 2


@pytest.mark.parametrize(
    ("code", "inputs", "error", "says"),
    [
        ("x = 1", {}, InvalidInput, "no function `main`"),
        ("main = 1", {}, InvalidInput, "no function `main`"),
        ("def main(a, b): pass", {"a": 1}, InvalidInput, "needs the input `b`"),
        ("def main(*, b): pass", {}, InvalidInput, "needs the input `b`"),
        ("def main(a): pass", {"a": 1, "z": 2}, InvalidInput, "takes no input `z`"),
        ("def main(a, /): pass", {"a": 1}, InvalidInput, "positional-only"),
        ("class main:\n    def __init__(self, a): pass", {}, InvalidInput, "'a'"),
        ("def main(): return {1, 2}", {}, InvalidOutput, "set"),
        ("def main(): return [1, float('nan')]", {}, InvalidOutput, r"not finite at \[1\]"),
        ("def main(): return {'a': 2**63}", {}, InvalidOutput, "64 bits at a"),
        ("def main(): return 10**5000", {}, InvalidOutput, "JSON"),
        ("def main(): return 'a\\0b'", {}, InvalidOutput, "NUL"),
        ("def main(): return '\\ud800'", {}, InvalidOutput, "surrogate"),
        ("def main():\n x = []\n x.append(x)\n return x", {}, InvalidOutput, "[Cc]ircular"),
        (
            "def main():\n x = []\n for _ in range(9000): x = [x]\n return x",
            {}, InvalidOutput, "not JSON",
        ),
        ("def main(): return 'x' * (65 << 20)", {}, PayloadTooLarge, "64 MB"),
        ("def main(): return len(b'x' * (3 << 30))", {}, ResourceLimit, "memory"),
        ("def main(): raise MemoryError", {}, ResourceLimit, "memory"),
        ("import ctypes\ndef main(): ctypes.string_at(0)", {}, UserCodeError, "status 139"),
        ("import os\ndef main(): os._exit(4)", {}, UserCodeError, "status 4"),
        ("import sys\ndef main(): sys.exit('bye')", {}, UserCodeError, "SystemExit: bye"),
        ("raise RuntimeError('top')", {}, UserCodeError, "top"),
        ("def main():\n while True: print('x' * 9999)", {}, ResourceLimit, "printed more"),
    ],
)  # fmt: skip
async def test_failures_are_typed(
    code: str, inputs: dict[str, Json], error: type[ToolError], says: str, log: Recorder
) -> None:
    with pytest.raises(error, match=says):
        await call(code, log, **inputs)


async def test_forged_results_are_checked(log: Recorder) -> None:
    code = """
        import os
        def main():
            for fd in range(3, 4096):
                try: os.write(fd, b'[1, 2]')
                except OSError: continue
            os._exit(0)
    """
    with pytest.raises(InvalidOutput, match="something else"):
        await call(code, log)


async def test_large_result_is_returned(log: Recorder) -> None:
    result = await call("def main(): return ['x' * 1000] * 5000", log)
    assert isinstance(result, list)
    assert len(result) == 5000


async def test_nothing_is_kept_between_calls(log: Recorder) -> None:
    code = """
        import os, builtins
        def main():
            seen = os.path.exists('/box/mark') or hasattr(builtins, 'mark')
            open('/box/mark', 'w').close()
            builtins.mark = 1
            return seen
    """
    assert [await call(code, log) for _ in range(2)] == [False, False]


async def test_cancel_ends_the_call(log: Recorder) -> None:
    task = asyncio.create_task(call("import time\ndef main(): print(1); time.sleep(600)", log))
    await asyncio.wait_for(log.written.wait(), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 2)


async def test_left_threads_do_not_hold_the_call(log: Recorder) -> None:
    code = "import threading, time\ndef main():\n    threading.Thread(target=time.sleep, args=(600,)).start()\n    return 1"
    assert await asyncio.wait_for(call(code, log), 20) == 1
