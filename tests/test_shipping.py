"""What is shipped: locks, images, ports, secrets, the licence."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
TEXT = {".py", ".md", ".toml", ".yml", ".yaml", ".lock", ".ini", ".mako", ".html", ".json", ""}
OFFICIAL = re.compile(r"^(postgres:\d+|temporalio/[a-z-]+:[\d.]+|pastetrader:local)$")


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    """The services of the compose file."""
    found: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return found


def test_images_are_official(services: dict[str, Any]) -> None:
    assert all(OFFICIAL.match(service["image"]) for service in services.values())
    assert int(services["postgres"]["image"].partition(":")[2]) >= 16


def test_one_port_is_published_and_on_loopback_only(services: dict[str, Any]) -> None:
    published = {name: s["ports"] for name, s in services.items() if "ports" in s}
    assert published == {"api": ["127.0.0.1:${PASTETRADER_PORT:-8000}:8000"]}


def test_every_server_has_a_health_check_and_two_workers_run(services: dict[str, Any]) -> None:
    image = (ROOT / "Dockerfile").read_text()
    assert "HEALTHCHECK" in image
    assert re.search(r"^USER (?!root)", image, re.MULTILINE)
    for name in ("postgres", "temporal", "temporal-ui", "worker"):
        assert services[name]["healthcheck"]["test"]
    assert services["worker"]["deploy"]["replicas"] == 2


def test_secrets_have_no_default(services: dict[str, Any]) -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "PASTETRADER_SECRET_KEY", "PASTETRADER_ENCRYPTION_KEYS"):
        used = re.findall(rf"\$\{{{name}([^}}]*)\}}", text)
        assert used
        assert all(rest.startswith(":?") for rest in used)
    assert services["api"]["environment"]["PASTETRADER_SECRET_KEY"]
    assert "PASTETRADER_SECRET_KEY" not in services["worker"]["environment"]


def test_what_the_operator_may_set_reaches_whom_it_is_for(services: dict[str, Any]) -> None:
    api, worker = services["api"]["environment"], services["worker"]["environment"]
    for name in ("PASTETRADER_SMTP_URL", "PASTETRADER_SMTP_FROM"):
        assert api[name] == worker[name] == f"${{{name}:-}}"
    assert {"PASTETRADER_PUBLIC_URL", "PASTETRADER_KEEP_EXECUTIONS_DAYS"} <= api.keys()
    assert "PASTETRADER_BUILD_ID" in worker


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_dependency_is_locked_by_hash(name: str) -> None:
    text = (ROOT / name).read_text()
    pins = re.findall(r"^[a-z0-9._-]+(?:\[[^\]]+\])?==\S+", text, re.MULTILINE | re.IGNORECASE)
    assert len(pins) > 40
    assert text.count("--hash=sha256:") >= len(pins)
    assert "://" not in text


def test_no_registry_is_named_anywhere() -> None:
    hosts = re.compile(r"py" + r"pi\.org|npm" + r"js\.org|python" + r"hosted\.org|index-" + r"url=")
    skipped = {
        ".git",
        ".venv",
        ".cache",
        "node_modules",
        ".mypy_cache",
        ".ruff_cache",
        ".hypothesis",
    }
    for path in ROOT.rglob("*"):
        if path.is_file() and path.suffix in TEXT and not skipped & set(path.parts):
            assert not hosts.search(path.read_text(encoding="utf-8", errors="ignore")), path


def test_the_licence_is_mit_and_data_names_its_own() -> None:
    assert (ROOT / "LICENSE").read_text().startswith("MIT License")
    data = ROOT / "activities" / "tools" / "datasets"
    source = (data / "SOURCE.md").read_text()
    assert all(file.name in source for file in data.glob("*.csv"))
    assert (data / "LICENSE.vega_datasets").read_text().startswith("MIT License")
