"""What code in the box may use up."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from activities.sandbox import Limits, SandboxResult, Stop

MIB = 1024 * 1024
SMALL = Limits(memory=96 * MIB, processes=24, disk=8 * MIB, flood=4 * MIB, result=MIB)
Boxed = Callable[..., Awaitable[SandboxResult]]


async def test_memory_of_one_process(boxed_python: Boxed) -> None:
    result = await boxed_python("x = bytearray(3 << 30); print(len(x))", SMALL)
    assert result.exit_code != 0
    assert result.stdout.text() == ""


async def test_memory_of_the_whole_tree(boxed_python: Boxed) -> None:
    # Each process is within the limit; together they would hold fourteen times as much.
    result = await boxed_python(
        "import os, time\n"
        "for n in range(14):\n"
        "    if os.fork() == 0:\n"
        "        x = bytearray(80 << 20)\n"
        "        for i in range(0, len(x), 4096): x[i] = 1\n"
        "        print('filled', flush=True)\n"
        "        time.sleep(4)\n"
        "        os._exit(0)\n"
        "done = [os.wait()[1] for n in range(14)]\n"
        "raise SystemExit(any(done))\n",
        SMALL,
    )
    assert result.exit_code != 0
    assert result.stopped is Stop.MEMORY
    assert result.stdout.text().count("filled") < 14


async def test_files_in_memory_count_as_memory(boxed_shell: Boxed) -> None:
    limits = replace(SMALL, memory=64 * MIB, disk=512 * MIB)
    result = await boxed_shell("head -c 300M /dev/zero > /box/big && echo written", limits)
    assert result.stdout.text() == ""
    assert result.stopped is Stop.MEMORY


async def test_fork_bomb_is_bounded(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import os, time\n"
        "children = 0\n"
        "try:\n"
        "    while children < 1000:\n"
        "        if os.fork() == 0: time.sleep(60); os._exit(0)\n"
        "        children += 1\n"
        "except BlockingIOError: print(children)\n",
        SMALL,
    )
    assert 5 < int(result.stdout.text()) < SMALL.processes


async def test_thread_bomb_is_bounded(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import threading, time\n"
        "count = 0\n"
        "try:\n"
        "    while count < 1000:\n"
        "        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "        count += 1\n"
        "except RuntimeError: print(count, flush=True)\n"
        "import os; os._exit(0)\n",
        SMALL,
    )
    assert 5 < int(result.stdout.text()) < SMALL.processes


async def test_the_dead_count_until_they_are_collected(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import os\n"
        "children = 0\n"
        "try:\n"
        "    while children < 1000:\n"
        "        if os.fork() == 0: os._exit(0)\n"
        "        children += 1\n"
        "except BlockingIOError: print(children)\n",
        SMALL,
    )
    assert int(result.stdout.text()) < SMALL.processes


async def test_empty_files_count_as_memory(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import os\n"
        "for n in range(3_000_000): os.close(os.open(f'/tmp/{n}', os.O_CREAT))\n"
        "print('made')\n",
        SMALL,
    )
    assert result.stopped is Stop.MEMORY
    assert result.stdout.text() == ""


async def test_nested_folders_count_as_memory(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import os\nwhile True: os.mkdir('d'); os.chdir('d')\n",
        SMALL,
    )
    assert result.stopped is Stop.MEMORY


async def test_pipes_are_bounded(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "import fcntl, os\n"
        "count = 0\n"
        "try:\n"
        "    while count < 5000:\n"
        "        reader, writer = os.pipe(); os.set_blocking(writer, False); count += 1\n"
        "        try: fcntl.fcntl(writer, 1031, 1 << 20)\n"
        "        except OSError: pass\n"
        "        try: os.write(writer, bytes(1 << 20))\n"
        "        except BlockingIOError: pass\n"
        "except OSError: print(count)\n",
    )
    assert result.stopped is Stop.MEMORY or int(result.stdout.text()) < 128


async def test_processes_are_counted_per_box(boxed_python: Boxed) -> None:
    # The limit is per box, not per account: many boxes at their limit do not disturb each other.
    code = (
        "import os, time\n"
        "for n in range(18):\n"
        "    if os.fork() == 0: time.sleep(60); os._exit(0)\n"
        "time.sleep(0.3); print('all started')\n"
    )
    results = await asyncio.gather(*(boxed_python(code, SMALL) for _ in range(6)))
    assert [result.stdout.text() for result in results] == ["all started\n"] * 6


@pytest.mark.parametrize("folder", ["/box", "/tmp", "/dev/shm"])  # noqa: S108 - of the box
async def test_disk_fill_is_bounded(folder: str, boxed_shell: Boxed) -> None:
    result = await boxed_shell(
        f"for n in 1 2 3 4; do head -c 4M /dev/zero > {folder}/$n || break; done\n"
        f"du -sm {folder} | cut -f1",
        SMALL,
    )
    assert int(result.stdout.text()) <= 8
    assert "No space left" in result.stderr.text()


@pytest.mark.parametrize("folder", ["/", "/dev", "/etc", "/run", "/home"])
async def test_everything_else_takes_no_byte(folder: str, boxed_shell: Boxed) -> None:
    result = await boxed_shell(f"head -c 1 /dev/zero > {folder}/file && echo written", SMALL)
    assert result.stdout.text() == ""


async def test_file_size_is_bounded(boxed_shell: Boxed) -> None:
    result = await boxed_shell("truncate -s 1G /box/sparse && echo made", SMALL)
    assert result.stdout.text() == ""


async def test_open_files_are_bounded(boxed_python: Boxed) -> None:
    result = await boxed_python(
        "files = []\n"
        "try:\n"
        "    while len(files) < 5000: files.append(open('/dev/null'))\n"
        "except OSError as error: print(error.errno)\n"
    )
    assert result.stdout.text() == "24\n"


async def test_processor_time_is_bounded(boxed_python: Boxed) -> None:
    result = await boxed_python("while True: pass", replace(SMALL, cpu_seconds=1))
    assert result.exit_code in (128 + 9, 128 + 24)


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_flood_is_stopped_and_not_kept(stream: str, boxed_python: Boxed) -> None:
    limits = replace(SMALL, capture=1000)
    result = await boxed_python(f"import sys\nwhile True: sys.{stream}.write('x' * 65536)", limits)
    capture = result.stdout if stream == "stdout" else result.stderr
    assert result.stopped is Stop.OUTPUT
    assert len(capture.data) == 1000
    assert capture.total < SMALL.flood + 2 * MIB


async def test_output_over_the_capture_is_counted(boxed_shell: Boxed) -> None:
    result = await boxed_shell("head -c 50000 /dev/zero", replace(SMALL, capture=1000))
    assert result.exit_code == 0
    assert result.stopped is None
    assert result.stdout.truncated
    assert result.stdout.total == 50_000


async def test_result_is_bounded(boxed_shell: Boxed) -> None:
    result = await boxed_shell('cat /dev/zero >&"$SANDBOX_RESULT_FD"', SMALL)
    assert result.stopped is Stop.RESULT
    assert result.result.size == SMALL.result


async def test_a_large_result_goes_to_the_named_file(boxed_shell: Boxed, tmp_path: Path) -> None:
    file = tmp_path / "result"
    result = await boxed_shell(
        'head -c 20M /dev/zero | tr "\\0" x >&"$SANDBOX_RESULT_FD"', spool=lambda: file
    )
    assert (result.exit_code, result.result.size, result.result.data) == (0, 20 * MIB, b"")
    with result.result.open() as stream:
        assert stream.read() == b"x" * (20 * MIB) == file.read_bytes()


async def test_a_small_result_needs_no_file(boxed_shell: Boxed, tmp_path: Path) -> None:
    file = tmp_path / "result"
    result = await boxed_shell('echo small >&"$SANDBOX_RESULT_FD"', spool=lambda: file)
    assert (result.result.data, file.exists()) == (b"small\n", False)


async def test_a_result_without_end_fills_no_disk(boxed_shell: Boxed, tmp_path: Path) -> None:
    limits = replace(SMALL, result=3 * MIB)
    file = tmp_path / "result"
    result = await boxed_shell('cat /dev/zero >&"$SANDBOX_RESULT_FD"', limits, spool=lambda: file)
    assert result.stopped is Stop.RESULT
    assert file.stat().st_size == result.result.size == 3 * MIB


async def test_many_short_lines_are_stopped_too(boxed_shell: Boxed) -> None:
    result = await boxed_shell("yes ''", replace(SMALL, capture=1000))
    assert result.stopped is Stop.OUTPUT


async def test_no_core_is_dumped(boxed_shell: Boxed) -> None:
    result = await boxed_shell("ulimit -c; ulimit -Hc")
    assert result.stdout.text() == "0\n0\n"
