"""The artifact store: same bytes, same id; nothing outside its folder."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from activities.artifacts import Artifacts
from activities.errors import InvalidInput
from models.artifacts import ArtifactFiles, ArtifactMissing


async def test_bytes_come_back_whole_and_in_part(tmp_path: Path, new_id: Callable[[], str]) -> None:
    files = ArtifactFiles.from_url((tmp_path / "new" / "folder").as_uri())
    execution_id = new_id()
    data = bytes(range(256)) * 4_000
    file = await files.put(execution_id, data, content_type="a/b", name="n")
    assert file == await files.head(file.id)
    assert file.id.startswith(f"{execution_id}.")
    assert await files.get(file.id) == data
    part = b"".join([chunk async for chunk in files.stream(file.id, 10, 900_000)])
    assert part == data[10:900_000]
    again = await files.put(execution_id, data, content_type="a/b", name="n")
    assert again == file


@pytest.mark.parametrize(
    "artifact_id",
    [
        "",
        "x",
        "../../etc/passwd",
        "a/b",
        "..%2f",
        "0" * 36 + "." + "0" * 32,
        "{id}.zz",
        "{id}.{hash}/../x",
    ],
)
async def test_ids_that_are_none(
    tmp_path: Path, new_id: Callable[[], str], artifact_id: str
) -> None:
    files = ArtifactFiles.from_url(tmp_path.as_uri())
    text = artifact_id.replace("{id}", new_id()).replace("{hash}", "0" * 32)
    with pytest.raises(ArtifactMissing):
        await files.get(text)
    with pytest.raises(ArtifactMissing):
        await files.head(text)


@pytest.mark.parametrize(
    "reference",
    [
        None,
        {},
        [],
        "x",
        {"$artifact": None},
        {"$artifact": {}},
        {"$artifact": {"id": 1}},
        {"$artifact": {"id": "../x"}},
    ],
)
async def test_references_that_are_none(reference: Any) -> None:
    with pytest.raises(InvalidInput):
        await Artifacts.from_url("memory:///").get(reference)


async def test_a_reference_shows_the_beginning_of_texts_only(new_id: Callable[[], str]) -> None:
    store = Artifacts.from_url("memory:///")
    text: Any = await store.put(new_id(), ("é" * 1_000).encode(), content_type="text/plain")
    assert text["$artifact"]["preview"] == "é" * 400
    picture: Any = await store.put(new_id(), b"\x00", content_type="image/png")
    assert "preview" not in picture["$artifact"]
