"""Texts of servers as we show them: data from strangers, short and on one line."""

from activities.mcp.limits import MAX_ERROR_TEXT

_KEPT = frozenset("\n\t")


def shown(text: str, most: int = MAX_ERROR_TEXT) -> str:
    """`text` without control characters, cut after `most` characters."""
    cut = text[:most]
    clean = "".join(char if char.isprintable() or char in _KEPT else "\ufffd" for char in cut)
    return clean if len(text) <= most else f"{clean}…"


def one_line(text: str, most: int = MAX_ERROR_TEXT) -> str:
    """The same without line ends."""
    return " ".join(shown(text, most).split())
