"""The `Link` header (RFC 8288), as far as the next page needs it."""

import re

_MAX_CHARACTERS = 16 * 1024
_TARGET = re.compile(r"[\s,]*<([^>]*)>")
_PARAMETER = re.compile(
    r"\s*;\s*([A-Za-z0-9!#$&+.^_`|~*-]*)(?:\s*=\s*(?:\"((?:[^\"\\]|\\.)*)\"|([^\s;,\"]*)))?"
)


def next_link(header: str) -> str | None:
    """The target of the first link whose relation is `next`; None when there is none."""
    header = header[:_MAX_CHARACTERS]
    place = 0
    while (found := _TARGET.match(header, place)) is not None:
        parameters, place = _parameters(header, found.end())
        # A link with an anchor speaks of another page than this one.
        if "next" in parameters.get("rel", "").lower().split() and "anchor" not in parameters:
            return found.group(1).strip()
        following = header.find(",", place)
        if following < 0:
            return None
        place = following
    return None


def _parameters(header: str, place: int) -> tuple[dict[str, str], int]:
    """The parameters of a link, and where they end; of several with one name the first counts."""
    parameters: dict[str, str] = {}
    while (found := _PARAMETER.match(header, place)) is not None:
        name, quoted, bare = found.groups()
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare or ""
        parameters.setdefault(name.lower(), value)
        place = found.end()
    return parameters, place
