"""What can be wrong with a request about workflows."""

from collections.abc import Sequence

from api.errors import APIError, Conflict, Problem
from models.graph.problems import Problem as GraphProblem


class NameTaken(Conflict):
    """Another live workflow of the account has the name."""

    code = "NAME_TAKEN"


class NotInBin(Conflict):
    """Only a deleted workflow can be restored."""

    code = "NOT_DELETED"


class InvalidGraph(APIError):
    """The graph has errors; `errors` lists them."""

    status = 422
    code = "INVALID_GRAPH"


class InvalidDocument(APIError):
    """The text is no graph document."""

    status = 422
    code = "INVALID_DOCUMENT"


class GraphTooLarge(APIError):
    """The draft is over a limit."""

    status = 422
    code = "GRAPH_TOO_LARGE"


class DraftRefused(APIError):
    """The draft cannot be stored: keys, ids or edges are there twice, or an edge leads to itself."""

    status = 422
    code = "INVALID_DRAFT"


def as_errors(problems: Sequence[GraphProblem]) -> list[Problem]:
    """Graph problems as a problem document lists them."""
    return [found.model_dump(mode="json") for found in problems]
