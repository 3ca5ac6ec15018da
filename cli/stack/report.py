"""What `up` tells while it works: one line per state change, for people or for machines."""

import json
import sys
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape

from cli.data_folder import DataFolder

_STYLES = {
    "started": "green",
    "restarted": "green",
    "exited": "yellow",
    "skipped": "yellow",
    "failed": "red",
}


class Report(Protocol):
    """Receives every state change as a name and its facts."""

    def __call__(self, event: str, **facts: Any) -> None:
        """`event` is one of starting, started, skipped, exited, restarted, failed, ready, stopped."""
        ...


def json_report(event: str, **facts: Any) -> None:
    """One JSON object a line, flushed, so that a reader sees it at once."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


class ConsoleReport:
    """The same facts as short lines; the links when everything is ready."""

    def __init__(self, console: Console, folder: DataFolder) -> None:
        """`console` is where people look; `folder` holds a password that was made up."""
        self._console = console
        self._folder = folder

    def __call__(self, event: str, **facts: Any) -> None:
        """Print one state change."""
        if event == "ready":
            self._ready(facts["urls"], facts["admin"])
            return
        name = facts.get("name", "")
        detail = "".join(f" · {key} {value}" for key, value in facts.items() if key != "name")
        self._console.print(f"[{_STYLES.get(event, 'dim')}]{event:>9}[/] {name}[dim]{detail}[/]")

    def _ready(self, urls: dict[str, str], admin: dict[str, Any]) -> None:
        titles = {"designer": "Designer", "docs": "API docs", "temporal_ui": "Temporal Web"}
        self._console.print()
        for key, title in titles.items():
            if key in urls:
                self._console.print(f"  {title:<13} [bold cyan]{urls[key]}[/]", soft_wrap=True)
        self._console.print(f"  {'Sign in':<13} {admin.get('hint', '')}", soft_wrap=True)
        account = self._folder.admin()
        if account is not None and admin.get("generated"):
            word = escape(account.password)
            self._console.print(f"  {'Password':<13} [bold]{word}[/]  (shown this once)")
        self._console.print("\n  Ctrl-C stops everything; the next start resumes every run.\n")
