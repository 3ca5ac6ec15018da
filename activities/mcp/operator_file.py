"""The operator's file of stdio servers: the only commands that are ever started."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

VARIABLE = "PASTETRADER_MCP_SERVERS"
_Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$", max_length=32_768)]
_Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
_Variable = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=200)]


class OperatorFileInvalid(ValueError):
    """The file is not usable; the message names it and the place in it."""


class StdioServer(BaseModel):
    """How one server is started. Fields of other hosts are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    command: Annotated[_Text, Field(min_length=1)]
    args: list[_Text] = Field(default_factory=list)
    env: dict[_Variable, _Text] = Field(default_factory=dict)
    cwd: Annotated[_Text, Field(min_length=1)] | None = None


class _OperatorFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    servers: dict[_Name, StdioServer] = Field(alias="mcpServers")


def read_operator_file(path: str | None) -> Mapping[str, StdioServer]:
    """The servers in the file by name; without a path there are none.

    Raises:
        OperatorFileInvalid: it cannot be read, or does not say how to start each server.
    """
    if not path:
        return {}
    try:
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        return _OperatorFile.model_validate(document).servers
    except OSError as error:
        raise OperatorFileInvalid(f"{path} cannot be read: {error.strerror}") from error
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in found["loc"])
        raise OperatorFileInvalid(f"{path}: {place}: {found['msg']}") from None
    except (ValueError, RecursionError) as error:
        raise OperatorFileInvalid(f"{path} is not JSON: {error}") from None
