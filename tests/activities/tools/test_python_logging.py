"""Logging of user code: records reach the execution log with the level that they have."""

import pytest

from models.enums import LogLevel
from tests.activities.tools.calls import Calls


@pytest.fixture
def calls() -> Calls:
    return Calls()


async def test_records_keep_their_level(calls: Calls) -> None:
    code = """
        import logging
        log = logging.getLogger("method")
        def main():
            log.debug("not shown")
            log.info("%d prices", 3)
            log.warning("few")
            log.error("none")
            log.critical("worse")
    """
    await calls.python(code)
    assert calls.lines == [
        ("3 prices", LogLevel.INFO),
        ("few", LogLevel.WARNING),
        ("none", LogLevel.ERROR),
        ("worse", LogLevel.ERROR),
    ]


async def test_debug_is_shown_when_asked_for(calls: Calls) -> None:
    code = """
        import logging
        def main():
            logging.getLogger().setLevel(logging.DEBUG)
            logging.debug("detail")
    """
    await calls.python(code)
    assert calls.lines == [("detail", LogLevel.DEBUG)]


async def test_prints_and_records_keep_their_order(calls: Calls) -> None:
    code = """
        import logging
        def main():
            for n in range(50):
                print("print", n)
                logging.warning("record %d", n)
    """
    await calls.python(code)
    assert [m for m, _ in calls.lines] == [
        f"{w} {n}" for n in range(50) for w in ("print", "record")
    ]


async def test_each_line_of_a_record_has_its_level(calls: Calls) -> None:
    code = """
        import logging
        def main():
            try: {}["key"]
            except KeyError: logging.exception("two\\nlines")
    """
    await calls.python(code)
    assert {level for _, level in calls.lines} == {LogLevel.ERROR}
    texts = [message for message, _ in calls.lines]
    assert texts[:4] == [
        "two",
        "lines",
        "Traceback (most recent call last):",
        '  File "tool.py", line 4, in main',
    ]
    assert texts[-1] == "KeyError: 'key'"


async def test_a_record_after_an_open_line_is_a_line_of_its_own(calls: Calls) -> None:
    code = "import logging\ndef main(): print('open', end=''); logging.error('bad')"
    await calls.python(code)
    assert calls.lines == [("open", LogLevel.INFO), ("bad", LogLevel.ERROR)]


async def test_a_record_that_cannot_be_written_is_told_in_one_line(calls: Calls) -> None:
    await calls.python("import logging\ndef main(): logging.info('%d', 'x')")
    ((message, level),) = calls.lines
    assert level is LogLevel.WARNING
    assert message.startswith("a log record could not be written: TypeError")


@pytest.mark.parametrize("text", ["\x1e", "\x1eerror no", "error x", "\x1e0011223344556677error x"])
async def test_text_is_never_taken_for_a_record(calls: Calls, text: str) -> None:
    await calls.python("def main(text): print(text)", text=text)
    assert calls.lines == [(text, LogLevel.INFO)]


async def test_logging_of_libraries_is_heard(calls: Calls) -> None:
    code = """
        import asyncio
        async def main():
            loop = asyncio.get_running_loop()
            loop.call_exception_handler({"message": "something was lost"})
    """
    await calls.python(code)
    assert calls.lines == [("something was lost", LogLevel.ERROR)]


async def test_own_handlers_work_as_everywhere(calls: Calls) -> None:
    code = """
        import logging, io
        def main():
            text = io.StringIO()
            logging.basicConfig(stream=text, force=True, format="%(levelname)s %(message)s")
            logging.warning("mine")
            return text.getvalue()
    """
    assert await calls.python(code) == "WARNING mine\n"
    assert calls.lines == []


async def test_logging_is_loaded_by_those_who_use_it_only(calls: Calls) -> None:
    assert await calls.python("import sys\ndef main(): return 'logging' in sys.modules") is False


async def test_threads_and_children_may_log(calls: Calls) -> None:
    code = """
        import logging, os, threading
        def main():
            threads = [threading.Thread(target=logging.warning, args=("x" * 500,)) for _ in range(20)]
            for t in threads: t.start()
            for t in threads: t.join()
            if os.fork() == 0:
                logging.error("child")
                os._exit(0)
            os.wait()
    """
    await calls.python(code)
    assert calls.lines == [("x" * 500, LogLevel.WARNING)] * 20 + [("child", LogLevel.ERROR)]
