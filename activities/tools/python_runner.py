"""Runs inside the box, on its own: calls the user's `main` and writes the answer as its result.

Reads one JSON document from stdin: `code`, `inputs`, `files` (whether there are artifacts among the
inputs), `packages` (whether there are any), `token` (a random text that marks what is ours), and
`parts` (our other modules for the box, name → source). The answer is one line of JSON,
`{"value": …}` or `{"failure": kind, "message": …, …}`, and after it the bytes of the files that it
lists. Imports little: every import delays each call.
"""

from __future__ import annotations

import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

FILE_NAME = "tool.py"
FOLDER = "/tool"
PACKAGES = "/packages"
OUTPUTS = ("/box/", "/tmp/")  # noqa: S108 - folders of the box, not of the host


class Failure(Exception):
    """Something that is not the user's code is wrong with the call."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.document = {"failure": kind, "message": message}


class Parts:
    """Our modules that few calls need, compiled when one does."""

    def __init__(self, sources: dict[str, str]) -> None:
        self._sources = sources

    def load(self, name: str) -> Any:
        """The module; the user's code cannot import it by chance."""
        module = type(sys)(name)
        program = compile(self._sources[name], f"{FOLDER}/{name}.py", "exec")
        exec(program, module.__dict__)  # noqa: S102 - it is ours
        return module


class Answer:
    """The line of JSON, and the files behind it.

    Attributes:
        references: Path → reference of each artifact among the inputs.
    """

    def __init__(self, token: str, parts: Parts) -> None:
        self.references: dict[str, Any] = {}
        self._token = token
        self._parts = parts
        self._places: dict[str, int] = {}
        self._parcel: Any = None
        self._refused: Any = ()  # the exception of the parcel, once there is one
        self._line = b""

    def hold(self, document: dict[str, Any]) -> None:
        """Make `document` the answer.

        Raises:
            Failure: it cannot be written as JSON.
        """
        try:
            line = json.dumps(document, separators=(",", ":"), default=self._plain)
            if self._parcel is not None:
                line = f'{line[:-1]},"files":{json.dumps(self._parcel.listing)}}}'
        except self._refused as problem:
            raise Failure(problem.kind, str(problem)) from problem
        except (TypeError, ValueError, RecursionError) as error:
            raise Failure("output", f"the result is not JSON: {error}") from error
        self._line = line.encode()

    def fail(self, document: dict[str, Any]) -> None:
        """Make a failure the answer; no file goes with it."""
        self._parcel = None
        self._line = json.dumps(document).encode()

    def send(self, descriptor: int) -> None:
        """Write it."""
        if self._parcel is not None:
            self._parcel.send(self._line, descriptor)
            return
        view = memoryview(self._line)
        while view:
            view = view[os.write(descriptor, view) :]

    def _plain(self, value: Any) -> Any:
        """What stands in the JSON for a value that it has no word for."""
        if hasattr(value, "__fspath__"):
            return self._file(os.path.realpath(value), os.fspath(value))
        if isinstance(value, (bytes, bytearray, memoryview)):
            return {self._token: self._files().add_bytes(bytes(value))}
        if hasattr(value, "tolist"):  # numbers and arrays of numpy
            return value.tolist()
        kind = type(value).__name__
        raise TypeError(f"a {kind} cannot be returned; make it a list, an object, or a file")

    def _file(self, path: str, given: str) -> Any:
        if path in self.references:
            return self.references[path]
        if not path.startswith(OUTPUTS):
            raise Failure("output", f"only files in /box or /tmp can be returned, not `{given}`")
        if not os.path.isfile(path):
            raise Failure("output", f"`{given}` was returned, but it is not a file")
        if path not in self._places:
            self._places[path] = self._files().add_file(path, os.path.basename(path))
        return {self._token: self._places[path]}

    def _files(self) -> Any:
        if self._parcel is None:
            module = self._parts.load("box_files")
            self._refused = module.Refused
            self._parcel = module.Parcel()
        return self._parcel


class LoggingWatch:
    """Sends records of `logging` to the execution log, from its import on."""

    def __init__(self, token: str, parts: Parts) -> None:
        self._token = token
        self._parts = parts

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> Any:
        """See `importlib.abc.MetaPathFinder`."""
        if name != "logging":
            return None
        sys.meta_path.remove(self)
        specs = (finder.find_spec(name, path, target) for finder in sys.meta_path)
        spec: Any = next((found for found in specs if found is not None), None)
        if spec is None:
            return None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            self._parts.load("box_logging").send_records(module, self._token)

        spec.loader.exec_module = exec_module
        return spec


def answered(request: dict[str, Any], parts: Parts) -> Answer:
    """Call `main`, whatever happens."""
    answer = Answer(request["token"], parts)
    code, inputs = request["code"], request["inputs"]
    path = list(sys.path)
    try:
        if request["files"]:
            inputs = opened(inputs, answer.references, parts)
        answer.hold({"value": call(code, inputs)})
    except Failure as failure:
        answer.fail(failure.document)
    except MemoryError:
        answer.fail({"failure": "memory", "message": "the code ran out of memory"})
    except BaseException as error:  # noqa: BLE001 - whatever the user's code raises is its result
        sys.path[:] = path  # what we import now is not the user's
        errors = parts.load("box_errors")
        answer.fail(errors.described(error, code, FILE_NAME, FOLDER))
    return answer


def opened(inputs: dict[str, Any], references: dict[str, Any], parts: Parts) -> Any:
    """The inputs with their artifacts opened.

    Raises:
        Failure: one does not hold what its type says.
    """
    module = parts.load("box_inputs")
    try:
        return module.opened(inputs, references)
    except module.Unreadable as problem:
        raise Failure("arguments", str(problem)) from problem


def call(code: str, inputs: dict[str, Any]) -> Any:
    """What `main` returned.

    Raises:
        Failure: there is none, or it does not take these inputs.
    """
    program = compile(code, FILE_NAME, "exec")
    module = type(sys)("tool")
    sys.modules["tool"] = module
    exec(program, module.__dict__)  # noqa: S102 - the box exists to run this code
    main = getattr(module, "main", None)
    if not callable(main):
        raise Failure("no_main", "the code defines no function `main`")
    problem = argument_problem(main, inputs)
    if problem:
        raise Failure("arguments", problem)
    return finished(main(**inputs))


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
    if not isinstance(main, type(call)) or hasattr(main, "__wrapped__"):
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
    if request["packages"]:
        sys.path.append(PACKAGES)
    parts = Parts(request["parts"])
    watch = LoggingWatch(request["token"], parts)
    sys.meta_path.insert(0, watch)
    answer = answered(request, parts)
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    answer.send(result)
    # Threads that the user left running do not hold the box open.
    os._exit(0)


if __name__ == "__main__":
    main()
