"""Renders one text in a process of its own: `python -m activities.tools.text_process`.

Reads `{source, scope, field, memory_bytes, cpu_seconds}` as JSON from standard input, writes
`{text}` or `{error, field}` to standard output.
"""

import resource
import sys

import orjson

from models.graph.expression import ExpressionError
from models.graph.text import render_text


def main() -> None:
    """Render within the limits that the request names; the process ends when they are passed."""
    request = orjson.loads(sys.stdin.buffer.read())
    memory, cpu = request["memory_bytes"], request["cpu_seconds"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))
    try:
        answer = {"text": render_text(request["source"], request["scope"], field=request["field"])}
    except ExpressionError as error:
        answer = {"error": error.message, "field": error.field}
    except MemoryError:
        answer = {"error": "the text needs too much memory", "field": request["field"]}
    sys.stdout.buffer.write(orjson.dumps(answer))


if __name__ == "__main__":
    main()
