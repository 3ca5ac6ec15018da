"""Who may decide, as a graph names them and as its run knows them, and what their words come to."""

import re
from collections.abc import Iterable, Sequence

from models.enums import ApprovalStatus, Role
from models.graph.limits import MAX_ASSIGNEES
from models.graph.values import Json

ROLE_PREFIX = "role:"
_EMAIL = re.compile(r"[^@\s]{1,200}@[^@\s]{1,118}")
_ROLES = frozenset(f"{ROLE_PREFIX}{role}" for role in Role)


class AssigneesInvalid(ValueError):
    """Somebody is named in a way that names nobody; the message says how to name them."""


def is_template(entry: str) -> bool:
    """Whether who is meant is known only when the node runs."""
    return "{{" in entry


def named(entries: Sequence[Json], required: int) -> list[str]:
    """Those whom rendered `entries` name, lower-case, each once; an entry may be a list of them.

    Raises:
        AssigneesInvalid: one is neither an e-mail address nor a role, or there are too few or too
            many.
    """
    found = list(dict.fromkeys(_one(each) for each in _flat(entries)))
    if not found:
        raise AssigneesInvalid("nobody is named; name an e-mail address or a role")
    if len(found) > MAX_ASSIGNEES:
        raise AssigneesInvalid(f"{len(found)} are named; at most {MAX_ASSIGNEES} may be")
    if required > possible(found):
        raise AssigneesInvalid(f"{required} must approve, and {possible(found)} may")
    return found


def possible(names: Iterable[str]) -> float:
    """How many people they can be at most."""
    chosen = set(names)
    return float("inf") if chosen & _ROLES else len(chosen)


def together(words: Sequence[bool], required: int) -> ApprovalStatus:
    """What yes and no of several people come to: one no is a no."""
    if not all(words):
        return ApprovalStatus.REJECTED
    return ApprovalStatus.APPROVED if len(words) >= required else ApprovalStatus.PENDING


def _flat(entries: Sequence[Json]) -> Iterable[Json]:
    for entry in entries:
        if isinstance(entry, list):
            yield from entry
        else:
            yield entry


def _one(entry: Json) -> str:
    text = entry.strip().lower() if isinstance(entry, str) else ""
    if text in _ROLES or (_EMAIL.fullmatch(text) and not text.startswith(ROLE_PREFIX)):
        return text
    raise AssigneesInvalid(
        f"{entry!r} is neither an e-mail address nor one of {', '.join(sorted(_ROLES))}"
    )
