"""`pastetrader secrets …`: values go in, and never come out."""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from chaos.stack import Stack, live_stack
from models.keys import Keyring
from tests.cli.commands import Done, command, ended

pytestmark = pytest.mark.slow
USES = """
name: uses {name}
output: "{{{{ nodes.say.output }}}}"
nodes:
  - {{key: start, type: trigger}}
  - key: say
    type: tool
    config: {{kind: builtin, name: render, template: "{{{{ token }}}} {{{{ token | length }}}}"}}
    inputs: {{token: "{{{{ secrets.{name} }}}}"}}
edges:
  - {{source: start, target: say}}
"""


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder."""
    return tmp_path_factory.mktemp("secrets") / "data"


@pytest.fixture(scope="module")
async def stack(data_dir: Path) -> AsyncIterator[Stack]:
    """`up`, for the commands below."""
    async with live_stack(data_dir) as stack:
        yield stack


async def begun(*arguments: str, data_dir: Path) -> Process:
    """`pastetrader secrets …`, which waits for its standard input."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PASTETRADER_")}
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "cli.main", "secrets", *arguments),
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
        env=clean | {"PASTETRADER_DATA_DIR": str(data_dir), "XDG_CONFIG_HOME": str(data_dir)},
    )


async def fed(given: bytes, *arguments: str, data_dir: Path) -> Done:
    """The same with something on its standard input."""
    process = await begun(*arguments, data_dir=data_dir)
    out, err = await asyncio.wait_for(process.communicate(given), 60)
    return Done(process.returncode or 0, out.decode(), err.decode())


async def secrets(*arguments: str, data_dir: Path) -> Done:
    return await command("secrets", *arguments, data_dir=data_dir)


async def listed(data_dir: Path) -> dict[str, dict[str, Any]]:
    done = await secrets("list", "--json", data_dir=data_dir)
    assert done.code == 0, done.err
    return {each["name"]: each for each in json.loads(done.out)}


async def used(data_dir: Path, folder: Path, name: str) -> str:
    """What a run that uses the secret gives: its shown name, and its length."""
    file = folder / f"{name}-{uuid4().hex}.yaml"
    file.write_text(USES.format(name=name))
    done = await command("run", str(file), "--json", data_dir=data_dir)
    assert done.code == 0, done.err
    return str(json.loads(done.out)["output"])


def value() -> str:
    return f"s3cret-{uuid4().hex}"


async def test_a_value_from_standard_input_is_kept_and_shown_nowhere(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    secret = value()
    process = await begun("set", "piped", "--description", "for tests", "--json", data_dir=data_dir)
    # Whoever lists the machine's processes sees these.
    proc = Path("/proc", str(process.pid))
    shown = (proc / "cmdline").read_bytes() + (proc / "environ").read_bytes()
    out, err = await asyncio.wait_for(process.communicate(f"{secret}\n".encode()), 60)
    assert process.returncode == 0, err.decode()
    assert json.loads(out)["name"] == "piped"
    table = await secrets("list", data_dir=data_dir)
    assert "piped" in table.out
    assert "for tests" in table.out
    assert "never" in table.out
    assert await used(data_dir, tmp_path, "piped") == f"[secret piped] {len(secret)}"
    found = (await listed(data_dir))["piped"]
    assert found["last_used_at"] is not None
    told = [shown, out, err, table.out.encode(), json.dumps(found).encode()]
    assert not [each for each in told if secret.encode() in each]


async def test_a_value_from_a_file_is_the_same_as_from_standard_input(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    secret = f"-----BEGIN-----\n{value()}\n-----END-----"
    file = tmp_path / "key.pem"
    file.write_text(f"{secret}\n")
    done = await secrets("set", "filed", "--file", str(file), data_dir=data_dir)
    assert done.code == 0, done.err
    assert "{{ secrets.filed }}" in done.err
    assert secret.splitlines()[1] not in done.out + done.err
    from_file = await used(data_dir, tmp_path, "filed")
    assert (await fed(file.read_bytes(), "set", "filed", data_dir=data_dir)).code == 0
    assert from_file == await used(data_dir, tmp_path, "filed") == f"[secret filed] {len(secret)}"


async def test_replacing_keeps_the_description(stack: Stack, data_dir: Path) -> None:
    for given in (["--description", "mine"], []):
        done = await fed(value().encode(), "set", "replaced", *given, data_dir=data_dir)
        assert done.code == 0, done.err
    assert (await listed(data_dir))["replaced"]["description"] == "mine"


async def test_a_value_is_no_argument_and_a_mistaken_one_is_not_repeated(
    stack: Stack, data_dir: Path
) -> None:
    """What a command prints ends up in the logs of whoever automates it."""
    secret = value()
    for arguments in (["argued", secret], ["argued", secret, "more"]):
        done = await fed(b"", "set", *arguments, data_dir=data_dir)
        assert done.code == 2
        assert "--file" in done.err
        assert secret not in done.out + done.err
    assert "argued" not in await listed(data_dir)


async def test_a_deleted_secret_is_gone(stack: Stack, data_dir: Path) -> None:
    await fed(value().encode(), "set", "doomed", data_dir=data_dir)
    done = await secrets("delete", "doomed", data_dir=data_dir)
    assert (done.code, "Forgotten" in done.err) == (0, True)
    assert "doomed" not in await listed(data_dir)
    again = await secrets("delete", "doomed", data_dir=data_dir)
    assert (again.code, "no secret named" in again.err) == (2, True)


@pytest.mark.parametrize("name", ["kept?x=1", "kept#x", "../secrets/kept", "a b", "1a"])
async def test_a_name_is_taken_as_it_is_written(stack: Stack, data_dir: Path, name: str) -> None:
    await fed(value().encode(), "set", "kept", data_dir=data_dir)
    before = (await listed(data_dir))["kept"]
    for arguments in (["set", name], ["delete", name]):
        done = await fed(value().encode(), *arguments, data_dir=data_dir)
        assert done.code == 2, done
    assert (await listed(data_dir))["kept"] == before


async def test_what_is_no_value_is_told_without_it(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe\x00s3cret")
    for given in (b"", b"\n", b"short", b"x" * 70_000, b"nul\x00inside", binary.read_bytes()):
        done = await fed(given, "set", "bad", data_dir=data_dir)
        assert done.code == 2, done
        assert "Error" in done.err
        assert "Traceback" not in done.err
        assert "short" not in done.err
    done = await secrets("set", "bad", "--file", str(binary), data_dir=data_dir)
    assert (done.code, "UTF-8" in done.err) == (2, True)
    done = await secrets("set", "bad", "--file", str(tmp_path / "none"), data_dir=data_dir)
    assert done.code == 2
    assert "bad" not in await listed(data_dir)


async def test_rotation_puts_a_new_key_first_and_everything_goes_on(
    stack: Stack, data_dir: Path, tmp_path: Path
) -> None:
    secret = value()
    await fed(secret.encode(), "set", "rotated", data_dir=data_dir)
    file = data_dir / "encryption.keys"
    before = file.read_text().split()
    done = await secrets("rotate", "--json", data_dir=data_dir)
    assert done.code == 0, done.err
    found, after = json.loads(done.out), file.read_text().split()
    assert after[1:] == before, "runs whose payloads are encrypted may still need the older ones"
    assert found["key_id"] == after[0].partition(":")[0] != before[0].partition(":")[0]
    assert found["rotated"] >= 1
    assert file.stat().st_mode & 0o777 == 0o600
    assert after[0].partition(":")[2] not in done.out + done.err
    assert await used(data_dir, tmp_path, "rotated") == f"[secret rotated] {len(secret)}"
    file.write_text(f"{after[0]}\n")
    assert await used(data_dir, tmp_path, "rotated") == f"[secret rotated] {len(secret)}"
    again = await secrets("rotate", data_dir=data_dir)
    assert (again.code, "secrets are under the key" in again.err) == (0, True)


async def test_a_broken_key_file_is_named_and_left_alone(stack: Stack, data_dir: Path) -> None:
    file = data_dir / "encryption.keys"
    good = file.read_text()
    file.write_text("broken")
    try:
        done = await secrets("rotate", data_dir=data_dir)
        assert (done.code, str(file) in done.err.replace("\n", "")) == (2, True), done.err
        assert file.read_text() == "broken"
    finally:
        file.write_text(good)


async def test_a_new_key_needs_no_server(tmp_path: Path) -> None:
    made = [await command("secrets", "new-key", data_dir=tmp_path) for _ in range(2)]
    assert [done.code for done in made] == [0, 0]
    assert made[0].out != made[1].out
    assert Keyring.parse("".join(done.out for done in made)).current in made[0].out
    assert not list(tmp_path.iterdir()), "it is kept nowhere"


async def test_without_a_server_nothing_is_kept(tmp_path: Path) -> None:
    secret = value()
    done = await fed(secret.encode(), "set", "token", data_dir=tmp_path)
    assert done.code == 3
    assert secret not in done.out + done.err
    for arguments in (["list"], ["delete", "token"], ["rotate"]):
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "secrets", *arguments, "--data-dir", str(tmp_path)),
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=PIPE,
            env={**os.environ, "XDG_CONFIG_HOME": str(tmp_path)},
        )
        assert (await ended(process)).code == 3
