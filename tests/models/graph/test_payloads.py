"""The corpus through every kind of field: nothing runs, nothing grows, every failure is typed."""

import json
import resource
import subprocess
import sys
import textwrap

from models.graph.values import check_json
from tests.models.graph.payloads import BOMBS, ESCAPES, TEXT_BOMBS

# In a process of its own, so that memory and time are bounded by the kernel.
PROGRAM = """
import json, sys, time
from models.graph.expression import ExpressionError, render_condition, render_value
from models.graph.text import render_text
from tests.models.graph import payloads

scope = {"input": {"rows": [1, 2], "long": "<&>" * 3000, "many": list(range(5000)), "deep": [[]]}, "nodes": {}}
before = json.dumps(scope)
found = []
for name in ("ESCAPES", "BOMBS", "TEXT_BOMBS"):
    for payload in getattr(payloads, name):
        for render in (render_value, render_condition, render_text):
            began = time.process_time()
            try:
                value = render(payload, scope)
            except ExpressionError as error:
                value = None
                assert error.message
            found.append([name, payload, render.__name__, time.process_time() - began, repr(value)[:2000]])
assert json.dumps(scope) == before, "an expression changed its data"
json.dump(found, sys.stdout)
"""
MEMORY = 700 * 1024 * 1024
FORBIDDEN = ("<class", "built-in", "object at 0x", "root:x:", "Budget", "Frozen", "uid=")


def test_the_corpus_is_large_enough() -> None:
    assert len(set(ESCAPES)) >= 150
    assert len(set(BOMBS)) >= 30


def test_nothing_escapes_and_nothing_explodes() -> None:
    def limits() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (100, 100))

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(PROGRAM)],
        capture_output=True,
        preexec_fn=limits,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    results = json.loads(done.stdout)
    assert len(results) == 3 * (len(ESCAPES) + len(BOMBS) + len(TEXT_BOMBS))
    for _, payload, how, seconds, shown in results:
        assert seconds < 2, f"{how} takes {seconds:.2f} s for {payload[:80]}"
        check_json(shown.encode(errors="replace").decode())
        if shown.strip("'") != payload and payload not in shown:
            assert not any(word in shown for word in FORBIDDEN), (how, payload, shown)
