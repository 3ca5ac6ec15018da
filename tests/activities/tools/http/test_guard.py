"""No call reaches the inside: tried in a network of its own, where decoys wait at every address."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.activities.tools.http.guard_program import OPENED, STILL_CLOSED

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[4]
PROGRAM = Path(__file__).with_name("guard_program.py")
EVERYTHING = "0.0.0.0/0, ::/0"
Found = dict[str, dict[str, Any]]


def world(openings: str) -> Found:
    """What became of every case in a new network namespace."""
    for program, package in (("ip", "iproute2"), ("unshare", "util-linux")):
        if shutil.which(program) is None:
            pytest.fail(f"`{program}` is missing: apt-get install {package}")
    own_user = [] if os.getuid() == 0 else ["--user", "--map-root-user"]
    done = subprocess.run(
        ["unshare", "--net", *own_user, sys.executable, PROGRAM, openings],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: Found = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def guarded() -> Found:
    return world("")


@pytest.fixture(scope="module")
def unguarded() -> Found:
    return world(EVERYTHING)


def reached(found: Found, kind: str) -> list[str]:
    return [name for name, each in found.items() if name.startswith(kind) and each["inside"]]


def count(found: Found, kind: str) -> int:
    return sum(name.startswith(kind) for name in found)


KINDS = ("form", "redirect", "rebind", "mixed", "token", "link", "next", "proxies")


@pytest.mark.parametrize("kind", KINDS)
def test_no_decoy_is_ever_called(guarded: Found, kind: str) -> None:
    assert count(guarded, kind) > 0
    assert reached(guarded, kind) == []
    for name in guarded:
        assert guarded[name]["outcome"] != "InternalError", name


def test_there_are_at_least_sixty_forms(guarded: Found) -> None:
    assert count(guarded, "form") >= 60
    refused = {each["outcome"] for name, each in guarded.items() if name.startswith("form")}
    assert refused <= {"AddressBlocked", "InvalidInput", "ConnectionFailed"}


@pytest.mark.parametrize(
    ("kind", "least"),
    [("form", 80), ("redirect", 40), ("rebind", 6), ("mixed", 1), ("token", 6), ("link", 7), ("next", 7)],
)  # fmt: skip
def test_without_the_guard_the_decoys_are_called(unguarded: Found, kind: str, least: int) -> None:
    assert len(reached(unguarded, kind)) >= least


def test_public_addresses_are_reached(guarded: Found) -> None:
    for name in ("mixed answers", "proxies of the environment", "rebind rebind.test looked at"):
        assert guarded[name]["outcome"] == "ok", name


def test_proxies_are_used_by_clients_that_trust_their_environment(guarded: Found) -> None:
    assert guarded["a careless client"]["inside"] == [["127.0.0.1", 3128]]


def test_exactly_what_the_operator_opened_is_reached() -> None:
    found = world("10.0.0.1:8001, Intranet.test:8001")
    for url in OPENED:
        assert found[f"opened {url}"]["outcome"] == "ok", url
    for url in STILL_CLOSED:
        assert found[f"closed {url}"] == {"outcome": "AddressBlocked", "inside": []}, url
    places = {tuple(place) for each in found.values() for place in each["inside"]}
    assert places - {("127.0.0.1", 3128)} == {("10.0.0.1", 8001), ("192.168.0.1", 8001)}
