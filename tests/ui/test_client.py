"""The designer's generated client fits the API that it speaks to."""

import subprocess
from pathlib import Path

import pytest

from api.openapi import description

UI = Path(__file__).resolve().parents[2] / "ui"
GENERATED = UI / "lib" / "api" / "schema.d.ts"
GENERATOR = UI / "node_modules" / ".bin" / "openapi-typescript"


@pytest.mark.skipif(not GENERATOR.exists(), reason="`npm ci` was not run in ui/")
def test_the_client_is_generated_from_the_api_as_it_is(tmp_path: Path) -> None:
    document, made = tmp_path / "openapi.json", tmp_path / "schema.d.ts"
    document.write_text(description(), "utf-8")
    subprocess.run(
        ["npx", "--no-install", "openapi-typescript", str(document), "--output", str(made)],
        cwd=UI,
        check=True,
        capture_output=True,
        timeout=120,
    )
    assert made.read_text("utf-8") == GENERATED.read_text("utf-8"), (
        "generate it again, see `api` in ui/package.json"
    )
