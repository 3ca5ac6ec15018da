"""Names of files that come from elsewhere: made safe on the way in, checked on the way out."""

import mimetypes
import re

MAX_NAME_BYTES = 120
UNKNOWN_TYPE = "application/octet-stream"
_MAX_PATH_CHARACTERS = 500
_UNUSUAL = re.compile(r"[^\w.-]+")
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
# Without the host's own lists, so that every worker says the same.
_TYPES = mimetypes.MimeTypes()
for _ending, _type in {
    ".jsonl": "application/jsonl",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".yaml": "application/yaml",
}.items():
    _TYPES.add_type(_type, _ending)


def safe_name(name: object, content_type: object) -> str:
    """A name for a file in the box that stays in its folder and needs no quotes.

    Letters, digits, dots, hyphens and underscores of `name` are kept; without an ending the content
    type gives one.
    """
    text = name.replace("\\", "/").rpartition("/")[2] if isinstance(name, str) else ""
    stem, dot, ending = text.rpartition(".")
    if not dot:
        stem, ending = text, ""
    stem, ending = (_UNUSUAL.sub("_", part).strip("._-") for part in (stem, ending))
    if not ending and isinstance(content_type, str):
        ending = (_TYPES.guess_extension(content_type) or "").removeprefix(".")
    ending = _first_bytes(f".{ending}" if ending else "", MAX_NAME_BYTES // 4)
    return _first_bytes(stem or "file", MAX_NAME_BYTES - len(ending.encode())) + ending


def is_plain_path(name: str) -> bool:
    """Whether `name` is a relative path of ordinary characters that leads down only."""
    return (
        0 < len(name) <= _MAX_PATH_CHARACTERS
        and name.isprintable()
        and all(part not in {"", ".", ".."} for part in name.split("/"))
    )


def content_type_of(name: str) -> str:
    """What a file of that name holds, by its ending."""
    kind, packing = _TYPES.guess_type(f"./{name}")  # else `data:…` is read as a URL
    if packing is not None:
        return _PACKED.get(packing, UNKNOWN_TYPE)
    return kind or UNKNOWN_TYPE


def _first_bytes(text: str, count: int) -> str:
    return text.encode()[:count].decode(errors="ignore")
