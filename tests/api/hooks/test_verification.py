"""Signatures as the providers document them, at the edges of their window, and altered anywhere."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from api.hooks.errors import CallInvalid, SignatureInvalid
from api.hooks.verification import PROOFS, WINDOW_SECONDS, Call, sign, verify
from models.enums import Verification

SLACK_BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow"
    b"&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner"
    b"&command=%2Fwebhook-collect&text="
    b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
    b"%2F96rGlfmibIGlgcZRskXaIFfN"
    b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNED = [scheme for scheme in Verification if scheme is not Verification.NONE]
TIMED = [scheme for scheme in SIGNED if scheme is not Verification.GITHUB]
# (scheme, secret, headers, body, Unix time): GitHub's and Slack's are the ones of their manuals,
# the others were made by `openssl dgst -sha256 -hmac`.
VECTORS: list[tuple[Verification, str, dict[str, str], bytes, int]] = [
    (
        Verification.GITHUB,
        "It's a Secret to Everybody",
        {
            "x-hub-signature-256": "sha256="
            "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958",
        },
        b"Hello, World!",
        0,
    ),
    (
        Verification.SLACK,
        "8f742231b10e8888abcd99yyyzzz85a5",
        {
            "x-slack-request-timestamp": "1531420618",
            "x-slack-signature": "v0="
            "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
        },
        SLACK_BODY,
        1_531_420_618,
    ),
    (
        Verification.STRIPE,
        "whsec_test_secret",
        {
            "stripe-signature": "t=1492774577,"
            "v1=09357d4fb8d9eba6f07fdea6b2428fa819063ec7bb7f9eca18b88cf0ff729476,"
            "v0=6ffbb59b2300aae63f272406069a9788598b792a944a07aba816edb039989a39"
        },
        b'{"id": "evt_1", "object": "event"}',
        1_492_774_577,
    ),
    (
        Verification.HMAC,
        "a key of ours",
        {
            "x-pastetrader-timestamp": "1700000000",
            "x-pastetrader-signature": "sha256="
            "8236b2e4213a1b7b78c7f8729b091d7624f6dee39e8605868b40b9bca99015cb",
            "x-pastetrader-delivery": "tick-1",
        },
        b'{"price": 41.5}',
        1_700_000_000,
    ),
]
IDS = {
    Verification.GITHUB: "72d3162e-cc78-11e3-81ab-4c9367dc0958",
    Verification.STRIPE: "evt_1",
    Verification.HMAC: "tick-1",
}


def signed(scheme: Verification, body: bytes, now: float) -> Call:
    headers = sign(scheme, "a secret", body, "delivery-1", now)
    return Call({name.lower(): value for name, value in headers.items()}, "", body)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector[0] for vector in VECTORS])
def test_documented_vectors_hold(vector: Any) -> None:
    scheme, secret, headers, body, now = vector
    delivery_id = verify(scheme, secret, Call(headers, "", body), now)
    assert delivery_id == IDS.get(scheme, delivery_id)
    with pytest.raises(SignatureInvalid):
        verify(scheme, secret + "x", Call(headers, "", body), now)
    with pytest.raises(SignatureInvalid):
        verify(scheme, secret, Call(headers, "", body + b" "), now)
    for name in headers.keys() - {"x-pastetrader-delivery"}:
        less = {other: value for other, value in headers.items() if other != name}
        with pytest.raises(SignatureInvalid, match="is missing"):
            verify(scheme, secret, Call(less, "", body), now)


@pytest.mark.parametrize("scheme", TIMED)
def test_the_window_ends_on_both_sides(scheme: Verification) -> None:
    at = 1_700_000_000
    call = signed(scheme, b"{}", at)
    for now in (at - WINDOW_SECONDS, at, at + WINDOW_SECONDS):
        assert verify(scheme, "a secret", call, now)
    for now in (at - WINDOW_SECONDS - 1, at + WINDOW_SECONDS + 1, 0, at * 10):
        with pytest.raises(SignatureInvalid, match="300 seconds"):
            verify(scheme, "a secret", call, now)


@pytest.mark.parametrize("stamp", ["", "now", "-1", "1e9", "1700000000.5", "٣", "9" * 13, " 1"])
@pytest.mark.parametrize("scheme", TIMED)
def test_a_time_is_whole_seconds(scheme: Verification, stamp: str) -> None:
    call = signed(scheme, b"{}", 1_700_000_000)
    headers = {name: value.replace("1700000000", stamp) for name, value in call.headers.items()}
    with pytest.raises(SignatureInvalid, match="no Unix time"):
        verify(scheme, "a secret", replace(call, headers=headers), 1_700_000_000)


@settings(max_examples=200, deadline=None)
@given(
    scheme=st.sampled_from(SIGNED),
    body=st.binary(min_size=1, max_size=200),
    place=st.integers(0, 10**6),
    bit=st.integers(0, 7),
)
def test_no_bit_of_the_body_may_flip(
    scheme: Verification, body: bytes, place: int, bit: int
) -> None:
    call = signed(scheme, body, 1_700_000_000)
    assert verify(scheme, "a secret", call, 1_700_000_000)
    flipped = bytearray(body)
    flipped[place % len(body)] ^= 1 << bit
    with pytest.raises(SignatureInvalid):
        verify(scheme, "a secret", replace(call, body=bytes(flipped)), 1_700_000_000)


@settings(max_examples=300, deadline=None)
@given(scheme=st.sampled_from(SIGNED), place=st.integers(0, 10**6), bit=st.integers(0, 6))
def test_no_bit_of_a_proof_may_flip(scheme: Verification, place: int, bit: int) -> None:
    call = signed(scheme, b'{"n": 1}', 1_700_000_000)
    proving = sorted(name for name in call.headers if "delivery" not in name)
    name = proving[place % len(proving)]
    flipped = bytearray(call.headers[name].encode())
    flipped[(place // 7) % len(flipped)] ^= 1 << bit
    headers = {**call.headers, name: flipped.decode()}
    with pytest.raises(SignatureInvalid):
        verify(scheme, "a secret", replace(call, headers=headers), 1_700_000_000)


@settings(max_examples=200, deadline=None)
@given(scheme=st.sampled_from(SIGNED), text=st.text(max_size=200))
def test_hostile_headers_are_refused_and_nothing_else(scheme: Verification, text: str) -> None:
    call = signed(scheme, b"{}", 1_700_000_000)
    for name in call.headers:
        headers = {**call.headers, name: text.encode("utf-8", "replace").decode("latin-1")}
        try:
            verify(scheme, "a secret", replace(call, headers=headers), 1_700_000_000)
        except (SignatureInvalid, CallInvalid):
            continue
        assert "delivery" in name, "only an id may be anything"


def test_a_sender_that_signs_again_names_the_same_delivery() -> None:
    event = json.dumps({"id": "evt_7", "event_id": "Ev7"}).encode()
    for scheme in (Verification.STRIPE, Verification.SLACK):
        first, again = signed(scheme, event, 1_700_000_000), signed(scheme, event, 1_700_000_060)
        assert first.headers != again.headers
        ids = {verify(scheme, "a secret", call, 1_700_000_030) for call in (first, again)}
        assert ids == {"evt_7" if scheme is Verification.STRIPE else "Ev7"}


@pytest.mark.parametrize("scheme", TIMED)
def test_a_delivery_without_a_name_is_its_time_and_body(scheme: Verification) -> None:
    def named(body: bytes, at: int) -> str:
        headers = sign(scheme, "a secret", body, "", at)
        call = signed(scheme, body, at)
        headers = {name.lower(): value for name, value in headers.items() if value}
        return verify(scheme, "a secret", replace(call, headers=headers), 1_700_000_000)

    bodies = (b'{"n": 1}', b'{"n": 2}', b'{"id": "' + b"x" * 300 + b'"}', b"[1]", b"[" * 10_000)
    for body in bodies:
        assert named(body, 1_700_000_000) == named(body, 1_700_000_000)
        assert named(body, 1_700_000_000) != named(body, 1_700_000_001)
    assert len({named(body, 1_700_000_000) for body in bodies}) == len(bodies)


def test_stripe_may_sign_with_two_secrets_while_one_is_rolled() -> None:
    call = signed(Verification.STRIPE, b"{}", 1_700_000_000)
    _, _, right = call.headers["stripe-signature"].partition("v1=")
    header = f"t=1700000000,v1={'0' * 64},v1={right}"
    headers = {"stripe-signature": header}
    assert verify(Verification.STRIPE, "a secret", replace(call, headers=headers), 1_700_000_000)
    headers = {"stripe-signature": header.replace("v1=", "v0=")}
    with pytest.raises(SignatureInvalid):
        verify(Verification.STRIPE, "a secret", replace(call, headers=headers), 1_700_000_000)


def test_without_verification_each_call_is_a_delivery() -> None:
    call = Call({}, "", b"{}")
    ids = {verify(Verification.NONE, "", call, 0) for _ in range(3)}
    assert len(ids) == 3
    named = Call({"x-pastetrader-delivery": "mine"}, "", b"{}")
    assert verify(Verification.NONE, "", named, 0) == "mine"
    for wrong in ("", "a b", "x" * 201, "é"):
        with pytest.raises(CallInvalid):
            verify(Verification.NONE, "", Call({"x-pastetrader-delivery": wrong}, "", b""), 0)


def test_every_proof_is_kept_from_templates() -> None:
    for scheme in SIGNED:
        proofs = [name.lower() for name in sign(scheme, "s", b"", "d", 0) if "Signature" in name]
        assert proofs
        assert set(proofs) <= PROOFS


def test_whoever_hears_a_call_cannot_send_it_as_another_one() -> None:
    now = 1_700_000_000
    call = signed(Verification.HMAC, b'{"price":1.5}', now)
    for delivery in ("another", '{"price":1', None):
        headers = {name: value for name, value in call.headers.items() if "delivery" not in name}
        headers |= {"x-pastetrader-delivery": delivery} if delivery is not None else {}
        with pytest.raises(SignatureInvalid):
            verify(Verification.HMAC, "a secret", replace(call, headers=headers), now)
    nameless = sign(Verification.HMAC, "a secret", b'{"price":1.5}', "", now)
    headers = {name.lower(): value for name, value in nameless.items()}
    headers["x-pastetrader-delivery"] = '{"price":1'
    with pytest.raises(SignatureInvalid):
        verify(Verification.HMAC, "a secret", Call(headers, "", b"5}"), now)
    headers["x-pastetrader-delivery"] = "a.b"
    with pytest.raises(CallInvalid):
        verify(Verification.HMAC, "a secret", Call(headers, "", b"{}"), now)
