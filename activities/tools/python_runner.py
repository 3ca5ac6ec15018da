"""Runs inside the box, on its own: calls the user's `main` and writes one JSON document as result.

Reads `{"code": …, "inputs": {…}}` from stdin. Imports little: every import delays each call.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

FILE_NAME = "tool.py"


def run(code: str, inputs: dict[str, Any]) -> dict[str, Any]:
    """The document to answer with: `{"value": …}` or `{"failure": kind, "message": …, …}`."""
    try:
        program = compile(code, FILE_NAME, "exec")
        module = type(sys)("tool")
        sys.modules["tool"] = module
        exec(program, module.__dict__)  # noqa: S102 - the box exists to run this code
        main = getattr(module, "main", None)
        if not callable(main):
            return {"failure": "no_main", "message": "the code defines no function `main`"}
        problem = argument_problem(main, inputs)
        if problem:
            return {"failure": "arguments", "message": problem}
        return {"value": finished(main(**inputs))}
    except MemoryError:
        return {"failure": "memory", "message": "the code ran out of memory"}
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its result
        return raised(error, code)


def finished(result: Any) -> Any:
    """The value of a call, awaited when `main` is asynchronous."""
    if not hasattr(result, "__await__"):
        return result
    import asyncio  # noqa: PLC0415 - few tools need it, and it is slow to load

    async def outcome() -> Any:
        return await result

    return asyncio.run(outcome())


def argument_problem(main: Callable[..., Any], inputs: dict[str, Any]) -> str | None:
    """Why `inputs` cannot be passed to `main`, or None."""
    if not isinstance(main, type(run)) or hasattr(main, "__wrapped__"):
        return binding_problem(main, inputs)
    if main.__code__.co_posonlyargcount:
        return "`main` has positional-only parameters; inputs are passed by name"
    named, required = parameters(main)
    takes_any = main.__code__.co_flags & 0x08
    missing = [name for name in required if name not in inputs]
    unexpected = [] if takes_any else [name for name in inputs if name not in named]
    if missing:
        return "`main` needs the input " + ", ".join(f"`{name}`" for name in missing)
    if unexpected:
        return "`main` takes no input " + ", ".join(f"`{name}`" for name in unexpected)
    return None


def parameters(main: Any) -> tuple[list[str], list[str]]:
    """The names that a plain function takes, and those of them that it must be given."""
    code = main.__code__
    positional = list(code.co_varnames[: code.co_argcount])
    by_name = list(code.co_varnames[code.co_argcount :][: code.co_kwonlyargcount])
    required = positional[: code.co_argcount - len(main.__defaults__ or ())]
    required += [name for name in by_name if name not in (main.__kwdefaults__ or {})]
    return positional + by_name, required


def binding_problem(main: Callable[..., Any], inputs: dict[str, Any]) -> str | None:
    """The same for callables that are not plain functions."""
    import inspect  # noqa: PLC0415 - slow to load, rarely needed

    try:
        inspect.signature(main).bind(**inputs)
    except TypeError as error:
        return f"`main`: {error}"
    except ValueError:
        return None
    return None


def raised(error: BaseException, code: str) -> dict[str, Any]:
    """The user's part of a failure: nothing of this file."""
    import linecache  # noqa: PLC0415 - loaded for failures only
    import traceback  # noqa: PLC0415 - loaded for failures only

    linecache.cache[FILE_NAME] = (len(code), None, code.splitlines(keepends=True), FILE_NAME)
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != FILE_NAME:
        trace = trace.tb_next
    lines = traceback.format_exception(type(error), error, trace)
    summary = traceback.format_exception_only(type(error), error)[-1].strip()
    own_lines = [
        frame.lineno for frame in traceback.extract_tb(trace) if frame.filename == FILE_NAME
    ]
    place = getattr(error, "lineno", None) if isinstance(error, SyntaxError) else None
    return {
        "failure": "syntax" if isinstance(error, SyntaxError) and not own_lines else "raised",
        "message": summary[-2_000:],
        "type": type(error).__name__,
        "line": own_lines[-1] if own_lines else place,
        "traceback": "".join(lines)[-16_000:],
    }


def encoded(document: dict[str, Any]) -> bytes:
    """The document as JSON; a value that JSON cannot hold becomes a failure."""
    try:
        return json.dumps(document, separators=(",", ":")).encode()
    except MemoryError:
        failure = {"failure": "memory", "message": "the result does not fit into memory"}
    except (TypeError, ValueError, RecursionError) as error:
        failure = {"failure": "output", "message": f"the result is not JSON: {error}"}
    return json.dumps(failure).encode()


def send(data: bytes, descriptor: int) -> None:
    """Write all of `data`."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def main() -> None:
    """One call."""
    result = int(os.environ.pop("SANDBOX_RESULT_FD"))
    os.set_inheritable(result, False)
    request = json.loads(sys.stdin.buffer.read())
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.stdout.reconfigure(  # type: ignore[union-attr]  # the interpreter opened it itself
        line_buffering=True, errors="backslashreplace"
    )
    document = run(request["code"], request["inputs"])
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    send(encoded(document), result)
    # Threads that the user left running do not hold the box open.
    os._exit(0)


if __name__ == "__main__":
    main()
