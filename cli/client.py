"""The API as commands see it: JSON in, JSON out, problems as errors with an exit code."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from cli.exits import BadInput, CommandError, Conflict, ExitCode, Unreachable

_TIMEOUT = httpx.Timeout(30.0, connect=5.0)
_NOT_SIGNED_IN = (401, 403)
_PAGE = 100
_FILE_SECONDS = 180.0


@dataclass(frozen=True, slots=True)
class ServerEvent:
    """One server-sent event; `data` is its undecoded text."""

    event: str
    data: str
    id: str | None = None


class ApiClient:
    """Speaks to one server as one account; use as a context manager."""

    def __init__(self, base_url: str, headers: dict[str, str] | None = None) -> None:
        """`base_url` ends in `/api/v1`; `headers` sign in."""
        self._http = httpx.Client(
            base_url=base_url, headers=headers, timeout=_TIMEOUT, trust_env=False
        )

    def __enter__(self) -> "ApiClient":
        """Nothing is opened before the first call."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the connections."""
        self._http.close()

    @property
    def base_url(self) -> str:
        """Where this client speaks to."""
        return str(self._http.base_url).rstrip("/")

    def get(self, path: str, **params: Any) -> Any:
        """Decoded JSON of a GET; parameters that are None are left out."""
        return self._send("GET", path, params=_given(params)).json()

    def get_text(self, path: str, **params: Any) -> str:
        """Body of a GET as it came."""
        return self._send("GET", path, params=_given(params)).text

    def post(self, path: str, json: Any = None, headers: dict[str, str] | None = None) -> Any:
        """Decoded JSON of a POST, None for an empty answer."""
        answer = self._send("POST", path, json=json, headers=headers)
        return answer.json() if answer.content else None

    def put(self, path: str, body: Any) -> Any:
        """PUT JSON; the answer."""
        return self._send("PUT", path, json=body).json()

    def patch(self, path: str, body: Any) -> Any:
        """PATCH JSON; the answer."""
        return self._send("PATCH", path, json=body).json()

    def delete(self, path: str) -> None:
        """DELETE; the answer is empty."""
        self._send("DELETE", path)

    def post_document(self, path: str, text: str, content_type: str) -> Any:
        """POST a YAML or JSON document as it is."""
        headers = {"Content-Type": content_type}
        return self._send("POST", path, content=text.encode(), headers=headers).json()

    def post_file(self, path: str, data: bytes, name: str, fields: dict[str, str]) -> Any:
        """POST a file with the fields of a form; the server may take a while to read it."""
        files = {"file": (name, data)}
        timeout = httpx.Timeout(_FILE_SECONDS, connect=5.0)
        return self._send("POST", path, data=fields, files=files, timeout=timeout).json()

    def items(self, path: str, limit: int, **params: Any) -> Iterator[dict[str, Any]]:
        """The first `limit` items of a list, over as many pages as that takes."""
        cursor: str | None = None
        while limit > 0:
            page = self.get(path, cursor=cursor, limit=min(limit, _PAGE), **params)
            yield from page["items"]
            limit -= len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def download(self, path: str, target: Path) -> None:
        """Write the body of a GET to a file."""
        try:
            with self._http.stream("GET", path) as answer, target.open("wb") as file:
                _raise_for_problem(answer)
                for chunk in answer.iter_bytes():
                    file.write(chunk)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error

    def events(self, path: str, last_id: str | None = None) -> Iterator[ServerEvent]:
        """One connection's server-sent events; raises `httpx.TransportError` when it breaks."""
        headers = {"Accept": "text/event-stream"}
        if last_id is not None:
            headers["Last-Event-ID"] = last_id
        timeout = httpx.Timeout(5.0, read=60.0)
        with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
            _raise_for_problem(answer)
            yield from parse_events(answer.iter_lines())

    def _send(self, method: str, path: str, **options: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **options)
        except httpx.TransportError as error:
            raise self._unreachable(error) from error
        _raise_for_problem(answer)
        return answer

    def _unreachable(self, error: httpx.TransportError) -> Unreachable:
        return Unreachable(
            f"{self.base_url} does not answer ({error}); is `pastetrader up` running?"
        )


def parse_events(lines: Iterator[str]) -> Iterator[ServerEvent]:
    """Events of a `text/event-stream` body; comments and unknown fields are ignored."""
    fields: dict[str, str] = {}
    for line in lines:
        if not line:
            if "data" in fields:
                yield ServerEvent(fields.get("event", "message"), fields["data"], fields.get("id"))
            fields = {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data" and "data" in fields:
            value = f"{fields['data']}\n{value}"
        fields[name] = value


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}


def _raise_for_problem(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    answer.read()
    message = _describe(answer)
    if answer.status_code in _NOT_SIGNED_IN:
        raise Unreachable(f"{message}; sign in with `pastetrader login`")
    if answer.status_code == httpx.codes.CONFLICT:
        raise Conflict(message)
    if answer.is_client_error:
        raise BadInput(message)
    raise CommandError(message, ExitCode.UNREACHABLE)


def _describe(answer: httpx.Response) -> str:
    """A problem document as text: what is wrong, then one line per named error."""
    try:
        problem = answer.json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    fallback = f"{answer.request.method} {answer.request.url} answered {answer.status_code}"
    headline = str(problem.get("detail") or problem.get("title") or fallback)
    return "\n".join([headline, *map(_error_line, problem.get("errors") or [])])


def _error_line(error: dict[str, Any]) -> str:
    place = f"{error['path']}: " if error.get("path") else ""
    code = f" [{error['code']}]" if error.get("code") else ""
    return f"  {place}{error.get('message', '')}{code}"
