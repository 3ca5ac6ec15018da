"""Secrets are taken out of whatever a tool gives back, however the tool wrote them."""

import base64
import html
import json
import shlex
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus, urlencode

import httpx
import pytest
from hypothesis import given, settings, strategies as st

from activities.scrubbing import MIN_CHARACTERS, Scrubber

# Every character that some encoding writes in another way.
NASTY = "pä$s w/rd+=&<b>\"q'\\%41{é}~;,:@🔑"
PLAIN = "sk-live-0123456789abcdefABCDEF"
LONG = "".join(chr(33 + (n * 37) % 90) for n in range(400))
VALUES = {"nasty": NASTY, "plain": PLAIN, "long": LONG, "short": "a b/c+"}


def base64_at(offset: int, value: str, alphabet: Callable[[bytes], bytes]) -> str:
    return alphabet(b"-" * offset + value.encode() + b"=!").decode()


ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda value: value,
    "json": json.dumps,
    "json-utf-8": lambda value: json.dumps(value, ensure_ascii=False),
    "json-in-json": lambda value: json.dumps(json.dumps({"a": value})),
    "json-of-php": lambda value: json.dumps(value).replace("/", "\\/"),
    "html": html.escape,
    "html-text": lambda value: html.escape(value, quote=False),
    "python": repr,
    "python-ascii": ascii,
    "shell-trace": lambda value: "+ curl '" + value.replace("'", "'\\''") + "'",
    "percent": lambda value: quote(value, safe=""),
    "path": quote,
    "form": lambda value: urlencode({"q": value}),
    "plus": quote_plus,
    "encodeURIComponent": lambda value: quote(value, safe="!'()*"),
    "hex": lambda value: value.encode().hex(),
    "HEX": lambda value: value.encode().hex().upper(),
} | {
    f"base64-{offset}-{name}": lambda value, o=offset, a=alphabet: base64_at(o, value, a)
    for offset in range(3)
    for name, alphabet in (("standard", base64.b64encode), ("url", base64.urlsafe_b64encode))
}


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("name", VALUES)
def test_every_encoding_is_found(encoding: str, name: str) -> None:
    shown = ENCODINGS[encoding](VALUES[name])
    clean = Scrubber({name: VALUES[name]}).text(f"before {shown} after")
    assert f"[secret {name}]" in clean
    assert clean.startswith("before ")
    assert clean.endswith(" after")
    # What is left of it is the characters that neighbours decide with it.
    assert len(clean) <= len(f"before [secret {name}] after") + 12 + len(encoding)


def test_what_httpx_makes_of_a_path_is_found() -> None:
    """It leaves `@` as it is and encodes blanks, which no single call of `quote` does."""
    value = "p@ss word&more"
    url = str(httpx.URL(f"http://127.0.0.1/bot{value}/send"))
    assert "p@ss%20word&more" in url
    assert Scrubber({"t": value}).text(url) == "http://127.0.0.1/bot[secret t]/send"


@pytest.mark.parametrize("escapes", ["%2F%3D", "%2f%3d"])
def test_percent_encoding_in_either_case_is_found(escapes: str) -> None:
    assert Scrubber({"t": "abc/=def"}).text(f"q=abc{escapes}def") == "q=[secret t]"


@pytest.mark.parametrize("width", [76, 64])
def test_lines_of_base64_are_found(width: int) -> None:
    """`base64` breaks its lines, and a log gets them one by one."""
    packed = base64.b64encode(LONG.encode()).decode()
    lines = [packed[at : at + width] for at in range(0, len(packed), width)]
    scrubber = Scrubber({"t": LONG})
    assert [scrubber.text(line) for line in lines[:-1]] == ["[secret t]"] * (len(lines) - 1)
    assert scrubber.text("\n".join(lines[:3])) == "\n".join(["[secret t]"] * 3)


def test_each_long_line_of_a_value_is_found() -> None:
    value = "-----BEGIN KEY-----\nMIIEvQIBADAN\r\n  BgkqhkiG9w0B  \nshort\n-----END KEY-----\n"
    scrubber = Scrubber({"pem": value})
    assert scrubber.text(value) == "[secret pem]"
    assert scrubber.text("got MIIEvQIBADAN!") == "got [secret pem]!"
    assert scrubber.text("BgkqhkiG9w0B") == "[secret pem]"
    assert scrubber.text("short") == "short"
    assert scrubber.text(json.dumps(value)) == '"[secret pem]"'
    assert scrubber.text(value.replace("\r\n", "\n")).count("[secret pem]") >= 1


def test_what_surrounds_a_value_does_not_hide_it() -> None:
    scrubber = Scrubber({"t": "  padded-token \n"})
    assert scrubber.text("Bearer padded-token;") == "Bearer [secret t];"


def test_overlapping_secrets_leave_nothing_of_either() -> None:
    scrubber = Scrubber(
        {"user": "alice-1", "url": "https://alice-1:pw@example.org", "end": "org/a"}
    )
    assert scrubber.text("at https://alice-1:pw@example.org") == "at [secret url]"
    assert scrubber.text("alice-1") == "[secret user]"
    chained = Scrubber({"a": "abcdefgh", "b": "efghijklmnop", "c": "mnopqrst"})
    assert chained.text("<abcdefghijklmnopqrst>") == "<[secret a]>"


def test_a_longer_secret_wins_over_its_own_beginning() -> None:
    scrubber = Scrubber({"short": "secret-1", "long": "secret-12345"})
    assert scrubber.text("secret-12345 secret-1 secret-13") == (
        "[secret long] [secret short] [secret short]3"
    )


def test_one_value_under_two_names_is_shown_once() -> None:
    assert Scrubber({"a": PLAIN, "b": PLAIN}).text(f"{PLAIN}{PLAIN}") == "[secret a][secret a]"


def test_json_is_cleaned_with_keys_and_numbers() -> None:
    scrubber = Scrubber({"t": PLAIN, "pin": "1234567890"})
    assert scrubber.value(
        {
            PLAIN: [PLAIN, {"a": f"<{PLAIN}>"}],
            "pin": 1234567890,
            "in": 91234567890.5,
            "rest": [1, 2.5, True, False, None, "text", {}],
        }
    ) == {
        "[secret t]": ["[secret t]", {"a": "<[secret t]>"}],
        "pin": "[secret pin]",
        "in": "9[secret pin].5",
        "rest": [1, 2.5, True, False, None, "text", {}],
    }


def test_short_values_are_no_secrets() -> None:
    short = "x" * (MIN_CHARACTERS - 1)
    scrubber = Scrubber({"a": short, "b": ""})
    assert not scrubber
    assert scrubber.text(f"{short} {short}") == f"{short} {short}"
    assert Scrubber({"c": "x" * MIN_CHARACTERS})


# Cut texts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kept", range(MIN_CHARACTERS, len(PLAIN)))
def test_a_secret_that_a_limit_cuts_is_found(kept: int) -> None:
    scrubber = Scrubber({"t": PLAIN})
    filler = "." * 1_000
    assert scrubber.text(filler + PLAIN[:kept]) == f"{filler}[secret t]"
    assert scrubber.text(PLAIN[-kept:] + filler) == f"[secret t]{filler}"
    assert scrubber.text(f"is {PLAIN[:kept]}… (not a number)") == "is [secret t]… (not a number)"


def test_an_encoded_secret_that_a_limit_cuts_is_found() -> None:
    filler = "." * 1_000
    for shown in (PLAIN.encode().hex(), base64.b64encode(PLAIN.encode()).decode()):
        assert Scrubber({"t": PLAIN}).text(filler + shown[:17]) == f"{filler}[secret t]"


def test_a_short_text_that_ends_like_a_secret_begins_stays() -> None:
    assert Scrubber({"t": "Bearer-of-good-news"}).text("a Bearer") == "a Bearer"


# Bytes and files ---------------------------------------------------------------------------------


def test_bytes_that_are_no_text_keep_the_rest() -> None:
    raw = bytes(range(256))
    assert Scrubber({"t": PLAIN}).data(raw + PLAIN.encode() + raw) == raw + b"[secret t]" + raw


def test_lone_surrogates_pass() -> None:
    assert Scrubber({"t": PLAIN}).text(f"\ud800{PLAIN}\udfff") == "\ud800[secret t]\udfff"


@pytest.mark.parametrize("shift", [0, 1, 7, 15, 29])
def test_a_large_file_is_cleaned_across_all_borders_of_its_pieces(
    tmp_path: Path, shift: int
) -> None:
    """One secret each 64 KiB, whatever windows it is read in."""
    block = 64 * 1024
    piece = bytes(block - len(PLAIN))
    file = tmp_path / "large.bin"
    file.write_bytes(bytes(shift) + (PLAIN.encode() + piece) * 64 + PLAIN.encode()[:-1])
    Scrubber({"t": PLAIN}).file(file)
    assert file.read_bytes() == (bytes(shift) + (b"[secret t]" + piece) * 64 + PLAIN.encode()[:-1])
    assert [each.name for each in tmp_path.iterdir()] == ["large.bin"]


def test_a_clean_file_is_not_touched(tmp_path: Path) -> None:
    file, empty = tmp_path / "clean.bin", tmp_path / "empty"
    file.write_bytes(bytes(range(256)) * 10_000)
    empty.touch()
    before = (file.stat().st_ino, file.stat().st_mtime_ns)
    scrubber = Scrubber({"t": PLAIN})
    scrubber.file(file)
    scrubber.file(empty)
    assert (file.stat().st_ino, file.stat().st_mtime_ns) == before
    assert empty.read_bytes() == b""


def test_other_threads_go_on_while_a_large_file_is_cleaned(tmp_path: Path) -> None:
    """A search that kept them waiting would cost the worker its heartbeats."""
    file = tmp_path / "large.txt"
    file.write_bytes(b"the quick brown fox jumps over the lazy dog 0123456789\n" * 400_000)
    value = "\n".join(f"{n:x}" * 20 for n in range(16, 60))
    waits: list[float] = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            began = time.monotonic()
            time.sleep(0.005)
            waits.append(time.monotonic() - began)

    watcher = threading.Thread(target=watch)
    watcher.start()
    Scrubber({"t": value}).file(file)
    done.set()
    watcher.join()
    assert max(waits) < 1


def test_a_value_of_many_lines_is_looked_for_quickly() -> None:
    """64 KiB in 1,900 lines: the largest secret there is, in a text of a megabyte."""
    lines = [f"{n:032x}" for n in range(2**100, 2**100 + 1_900)]
    text = "0123456789abcdef " * 60_000
    began = time.monotonic()
    clean = Scrubber({"t": "\n".join(lines)}).text(f"{text}{lines[77]}")
    assert clean == f"{text}[secret t]"
    assert time.monotonic() - began < 5


# Properties --------------------------------------------------------------------------------------

SECRETS = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=6, max_size=60
).filter(lambda value: len(value.strip()) >= MIN_CHARACTERS)
# No secret is made of these, so that what is left can be compared.
SURROUNDINGS = st.text(st.sampled_from("\t\n ·¡"), max_size=50)


@settings(max_examples=400)
@given(SECRETS, st.sampled_from(sorted(ENCODINGS)), SURROUNDINGS, SURROUNDINGS)
def test_an_embedded_secret_never_stays(value: str, encoding: str, before: str, after: str) -> None:
    shown = ENCODINGS[encoding](value)
    scrubber = Scrubber({"name": value})
    clean = scrubber.text(f"{before}{shown}{after}")
    assert "[secret name]" in clean
    assert value not in clean
    assert shown not in clean
    assert scrubber.data(f"{before}{shown}{after}".encode()).decode() == clean
    assert scrubber.value({shown: [shown]}) != {shown: [shown]}


@settings(max_examples=300)
@given(st.text(st.sampled_from("abcdef0123456789+/=%&; \n"), max_size=300), st.data())
def test_a_text_without_secrets_stays_as_it_is(text: str, data: st.DataObject) -> None:
    value = data.draw(st.text(st.sampled_from("WXYZwxyz!?"), min_size=6, max_size=20))
    assert Scrubber({"name": value}).text(text) == text


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(["abcabc", "abcabcab", "bcabca", "cababc", "aabbcc"]), max_size=3),
    st.text(st.sampled_from("abc"), max_size=60),
)
def test_no_secret_stays_however_they_overlap(values: list[str], text: str) -> None:
    scrubber = Scrubber({f"n{i}": value for i, value in enumerate(values)})
    clean = scrubber.text(text)
    assert not [value for value in values if value in clean.replace("[secret n", "[")]


def test_shell_quotes_are_known() -> None:
    value = "it's a $ecret"
    traced = f"+ echo {shlex.quote(value)}".replace("'\"'\"'", "'\\''")
    assert "[secret t]" in Scrubber({"t": value}).text(traced)
