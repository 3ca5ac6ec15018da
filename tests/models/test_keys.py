"""Encryption keys: how they are given, what they open, and that no message shows one."""

import os
import traceback
from base64 import b64encode, urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from models.keys import (
    FILE_VARIABLE,
    HOW_TO_MAKE,
    VARIABLE,
    KeyMissing,
    Keyring,
    KeysInvalid,
    KeySource,
    SealBroken,
    Sealed,
    new_key,
    secret_place,
)

VALUE = b"s3cret-value-of-a-test"
OWNER, OTHER = "0190a000-0000-7000-8000-000000000001", "0190a000-0000-7000-8000-000000000002"
PLACE = secret_place(OWNER, "token")


def keyring(*ids: str) -> Keyring:
    return Keyring.parse("\n".join(map(new_key, ids)))


# Reading -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("joint", ["\n", ",", " , ", "\n\n", "\r\n", ",\n"])
def test_keys_stand_one_a_line_or_behind_commas(joint: str) -> None:
    found = Keyring.parse(joint.join([new_key("new"), new_key("old")]))
    assert found.current == "new"
    assert "old" in found
    assert "other" not in found


def test_both_alphabets_of_base64_are_read() -> None:
    raw = bytes(range(0xE0, 0x100))
    for encoded in (b64encode(raw), urlsafe_b64encode(raw)):
        sealed = Keyring({"1": raw}).seal(VALUE, PLACE)
        assert Keyring.parse(f"1:{encoded.decode()}").open(sealed, PLACE) == VALUE


@pytest.mark.parametrize("text", ["", "  ", "\n,\n,", " , "])
def test_no_key_says_how_to_make_one(text: str) -> None:
    with pytest.raises(KeysInvalid, match=HOW_TO_MAKE):
        Keyring.parse(text)


RANDOM = urlsafe_b64encode(bytes(range(1, 33))).decode()
HEX = bytes(range(1, 17)).hex()


@pytest.mark.parametrize(
    "entry",
    [
        RANDOM,  # no id
        RANDOM.rstrip("="),
        HEX,  # as long as an id may be
        f":{RANDOM}",
        f"{RANDOM}:1",
        f"an id:{RANDOM}",
        f"ключ:{RANDOM}",
        f"{'i' * 33}:{RANDOM}",
        f"../x:{RANDOM}",
        f"1:{RANDOM[:-5]}",
        f"1:{RANDOM}{RANDOM}",
        f"1:{HEX}",
        f"1:{RANDOM[:-1]}",  # its padding is missing
        f"1:{RANDOM} {RANDOM}",
        f"1:ключ{RANDOM}",
    ],
)
def test_a_malformed_key_is_refused_and_not_shown(entry: str) -> None:
    with pytest.raises(KeysInvalid) as refused:
        Keyring.parse(f"{new_key('good')}\n{entry}")
    told = "".join(traceback.format_exception(refused.value))
    message = str(refused.value)
    assert HOW_TO_MAKE in message
    for material in (RANDOM[:8], RANDOM[-9:-1], HEX):
        assert material not in message
    assert RANDOM not in told.replace(entry, "")


@pytest.mark.parametrize("weak", [bytes(32), b"a" * 32, b"0123" * 8, bytes([1, 2]) * 16])
def test_a_weak_key_is_refused(weak: bytes) -> None:
    encoded = urlsafe_b64encode(weak).decode()
    with pytest.raises(KeysInvalid, match="'1' is not 32 random bytes") as refused:
        Keyring.parse(f"1:{encoded}")
    assert encoded not in str(refused.value)


def test_two_keys_of_one_id_are_refused() -> None:
    with pytest.raises(KeysInvalid, match="'same'"):
        Keyring.parse(f"{new_key('same')},{new_key('same')}")


def test_a_new_key_is_a_good_one_and_never_the_same() -> None:
    made = {new_key("1") for _ in range(50)}
    assert len(made) == 50
    assert all(Keyring.parse(entry).current == "1" for entry in made)


# Sealing -----------------------------------------------------------------------------------------


def test_what_was_sealed_opens_for_its_place() -> None:
    keys = keyring("1")
    sealed = keys.seal(VALUE, PLACE)
    assert sealed.key_id == "1"
    assert VALUE not in sealed.ciphertext + sealed.wrapped_key
    assert keys.open(sealed, PLACE) == VALUE


def test_the_same_value_is_sealed_differently_each_time() -> None:
    keys = keyring("1")
    one, other = keys.seal(VALUE, PLACE), keys.seal(VALUE, PLACE)
    assert one.ciphertext != other.ciphertext
    assert one.wrapped_key != other.wrapped_key


@pytest.mark.parametrize(
    "place",
    [
        secret_place(OTHER, "token"),
        secret_place(OWNER, "token2"),
        secret_place(OWNER, "tok"),
        secret_place(OWNER, ""),
        "payloads",
        "",
    ],
)
def test_a_row_moved_elsewhere_does_not_open(place: str) -> None:
    keys = keyring("1")
    with pytest.raises(SealBroken):
        keys.open(keys.seal(VALUE, PLACE), place)
    with pytest.raises(SealBroken):
        keys.rewrap(keys.seal(VALUE, PLACE), place)


def test_the_parts_of_two_rows_do_not_open_together() -> None:
    keys = keyring("1")
    one, other = keys.seal(VALUE, PLACE), keys.seal(b"another", PLACE)
    with pytest.raises(SealBroken):
        keys.open(Sealed(one.ciphertext, other.wrapped_key, "1"), PLACE)


@given(st.sampled_from(["ciphertext", "wrapped_key"]), st.integers(0, 2**16), st.integers(0, 7))
def test_any_changed_bit_is_noticed(part: str, at: int, bit: int) -> None:
    keys = Keyring({"1": bytes(range(32))})
    sealed = keys.seal(VALUE, PLACE)
    data = bytearray(getattr(sealed, part))
    data[at % len(data)] ^= 1 << bit
    parts = {"ciphertext": sealed.ciphertext, "wrapped_key": sealed.wrapped_key, part: bytes(data)}
    with pytest.raises(SealBroken) as broken:
        keys.open(Sealed(**parts, key_id="1"), PLACE)
    assert VALUE.decode() not in str(broken.value)


@pytest.mark.parametrize("size", [0, 1, 11, 12, 13, 27, 28])
def test_bytes_that_are_cut_off_are_noticed(size: int) -> None:
    keys = keyring("1")
    sealed = keys.seal(VALUE, PLACE)
    with pytest.raises(SealBroken):
        keys.open(Sealed(sealed.ciphertext[:size], sealed.wrapped_key, "1"), PLACE)
    with pytest.raises(SealBroken):
        keys.open(Sealed(sealed.ciphertext, sealed.wrapped_key[:size], "1"), PLACE)


def test_a_missing_key_is_named() -> None:
    sealed = keyring("gone").seal(VALUE, PLACE)
    with pytest.raises(KeyMissing, match="'gone'"):
        keyring("1").open(sealed, PLACE)
    with pytest.raises(KeyMissing, match="'gone'"):
        keyring("1").rewrap(sealed, PLACE)


def test_another_key_of_the_same_id_opens_nothing() -> None:
    with pytest.raises(SealBroken):
        keyring("1").open(keyring("1").seal(VALUE, PLACE), PLACE)


def test_a_key_serves_each_purpose_with_a_key_of_its_own() -> None:
    keys = keyring("1")
    data = keys.encrypt(VALUE, "payloads")
    assert keys.decrypt(data, "payloads", "1") == VALUE
    with pytest.raises(SealBroken):
        keys.decrypt(data, "secrets", "1")
    # Not even where the purpose and the place are the same text.
    with pytest.raises(SealBroken):
        keys.open(Sealed(data, data, "1"), "payloads")


def test_a_large_value_and_an_empty_one_come_back() -> None:
    keys = keyring("1")
    for value in (b"", os.urandom(1 << 20)):
        assert keys.open(keys.seal(value, PLACE), PLACE) == value


# Rotation ----------------------------------------------------------------------------------------


def test_the_first_key_seals_and_all_of_them_open() -> None:
    old, new = new_key("old"), new_key("new")
    sealed = Keyring.parse(old).seal(VALUE, PLACE)
    both = Keyring.parse(f"{new}\n{old}")
    assert both.current == "new"
    assert both.open(sealed, PLACE) == VALUE
    assert both.seal(VALUE, PLACE).key_id == "new"
    rewrapped = both.rewrap(sealed, PLACE)
    assert (rewrapped.key_id, rewrapped.ciphertext) == ("new", sealed.ciphertext)
    assert Keyring.parse(new).open(rewrapped, PLACE) == VALUE
    with pytest.raises(KeyMissing):
        Keyring.parse(old).open(rewrapped, PLACE)


def test_the_order_says_which_key_is_current() -> None:
    one, two = new_key("1"), new_key("2")
    assert Keyring.parse(f"{one},{two}").current == "1"
    assert Keyring.parse(f"{two},{one}").current == "2"


# Sources -----------------------------------------------------------------------------------------


def test_the_file_wins_over_the_variable(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key("file"))
    found = KeySource.from_env({VARIABLE: new_key("text"), FILE_VARIABLE: str(file)})
    assert found.keyring.current == "file"
    assert KeySource.from_env({VARIABLE: new_key("text")}).keyring.current == "text"


@pytest.mark.parametrize("environ", [{}, {VARIABLE: ""}, {FILE_VARIABLE: "", VARIABLE: ""}])
def test_no_keys_at_all_names_both_variables(environ: dict[str, str]) -> None:
    with pytest.raises(KeysInvalid, match=FILE_VARIABLE) as refused:
        KeySource.from_env(environ)
    assert VARIABLE in str(refused.value)


def test_a_file_that_gets_a_new_key_is_read_again(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    old = new_key("old")
    file.write_text(old)
    source = KeySource(file=file)
    sealed = source.keyring.seal(VALUE, PLACE)
    file.write_text(f"{new_key('new')}\n{old}\n")
    assert source.keyring.current == "new"
    assert source.keyring.open(sealed, PLACE) == VALUE


def test_a_file_replaced_within_one_tick_of_the_clock_is_read_again(tmp_path: Path) -> None:
    file, fresh = tmp_path / "keys", tmp_path / "fresh"
    file.write_text(new_key("a"))
    source = KeySource(file=file)
    before = file.stat()
    fresh.write_text(new_key("b"))
    os.utime(fresh, ns=(before.st_atime_ns, before.st_mtime_ns))
    fresh.replace(file)
    assert source.keyring.current == "b"


def test_a_file_that_did_not_change_is_not_read_again(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key("a"))
    source = KeySource(file=file)
    assert source.keyring is source.keyring


@pytest.mark.parametrize("content", [b"", b"nonsense", b"\xff\xfe", f"1:{HEX}".encode()])
def test_a_broken_file_is_told_and_a_repaired_one_is_read(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "keys"
    file.write_text(new_key("a"))
    source = KeySource(file=file)
    file.write_bytes(content)
    for _ in range(2):
        with pytest.raises(KeysInvalid) as refused:
            _ = source.keyring
        assert HEX not in str(refused.value)
    file.write_text(new_key("b"))
    assert source.keyring.current == "b"


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(KeysInvalid, match=FILE_VARIABLE):
        KeySource(file=tmp_path / "none")
    with pytest.raises(KeysInvalid, match=FILE_VARIABLE):
        KeySource(file=tmp_path)
