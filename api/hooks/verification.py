"""Who calls: signatures over the raw body, each as its provider documents it."""

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from api.hooks.errors import CallInvalid, SignatureInvalid
from models.enums import Verification

WINDOW_SECONDS = 300
TIMESTAMP, SIGNATURE, DELIVERY = (
    "X-PasteTrader-Timestamp",
    "X-PasteTrader-Signature",
    "X-PasteTrader-Delivery",
)
GITHUB_SIGNATURE, GITHUB_DELIVERY = "X-Hub-Signature-256", "X-GitHub-Delivery"
STRIPE_SIGNATURE = "Stripe-Signature"
SLACK_TIMESTAMP, SLACK_SIGNATURE = "X-Slack-Request-Timestamp", "X-Slack-Signature"
# They prove who calls, and are nobody else's business.
PROOFS = frozenset(
    name.lower()
    for name in (
        *(SIGNATURE, GITHUB_SIGNATURE, "X-Hub-Signature", STRIPE_SIGNATURE, SLACK_SIGNATURE),
        *("Authorization", "Proxy-Authorization", "Cookie", "X-API-Key"),
    )
)
_ID = re.compile(r"[\x21-\x7e]{1,200}")
_SECONDS = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Call:
    """One call: headers by lower-case name, repeated ones joined by commas; the body as it came."""

    headers: Mapping[str, str]
    query: str
    body: bytes


def verify(scheme: Verification, secret: str, call: Call, now: float) -> str:
    """The id of the delivery, of a call that knows the secret.

    Args:
        scheme: How the caller proves it.
        secret: The value of the webhook's secret; unused by `none`.
        call: What came.
        now: Unix time in seconds.

    Raises:
        SignatureInvalid: it is not signed, or not with this secret, or more than five minutes ago.
        CallInvalid: the id that it gives cannot be used.
    """
    return _VERIFY[scheme](secret.encode(), call, now)


def sign(
    scheme: Verification, secret: str, body: bytes, delivery_id: str, now: float
) -> dict[str, str]:
    """The headers with which whoever knows the secret sends `body`.

    Stripe and Slack name a delivery in its body, so `delivery_id` is unused there.
    """
    return _SIGN[scheme](secret.encode(), body, delivery_id, str(int(now)))


def challenge_of(scheme: Verification, body: bytes) -> str | None:
    """What Slack wants to hear back, of a signed call that only asks whether anybody is there."""
    if scheme is not Verification.SLACK:
        return None
    document = _document(body)
    challenge = document.get("challenge")
    if document.get("type") != "url_verification" or not isinstance(challenge, str):
        return None
    return challenge if _ID.fullmatch(challenge) else None


# Verifying ---------------------------------------------------------------------------------------


def _verify_hmac(secret: bytes, call: Call, now: float) -> str:
    stamp = _recent(TIMESTAMP, _header(call, TIMESTAMP), now)
    given = _given_id(call) or ""
    if "." in given:  # what is signed would be read in more than one way
        raise CallInvalid(f"{DELIVERY}: holds no dot")
    wanted = _hmac_signature(secret, stamp, given, call.body)
    _must_match(SIGNATURE, [_header(call, SIGNATURE)], wanted)
    return given or _digest_id(stamp, call.body)


def _verify_github(secret: bytes, call: Call, _now: float) -> str:
    given = _header(call, GITHUB_SIGNATURE)
    _must_match(GITHUB_SIGNATURE, [given], _github_signature(secret, call.body))
    delivery_id = _header(call, GITHUB_DELIVERY)
    if not _ID.fullmatch(delivery_id):
        raise CallInvalid(f"{GITHUB_DELIVERY}: at most 200 visible ASCII characters")
    return delivery_id


def _verify_stripe(secret: bytes, call: Call, now: float) -> str:
    parts = [part.strip().partition("=") for part in _header(call, STRIPE_SIGNATURE).split(",")]
    stamp = next((value for name, _, value in parts if name == "t"), "")
    stamp = _recent(STRIPE_SIGNATURE, stamp, now)
    given = [value for name, _, value in parts if name == "v1"]
    _must_match(STRIPE_SIGNATURE, given, _stripe_signature(secret, stamp, call.body))
    return _named_in(call.body, "id") or _digest_id(stamp, call.body)


def _verify_slack(secret: bytes, call: Call, now: float) -> str:
    stamp = _recent(SLACK_TIMESTAMP, _header(call, SLACK_TIMESTAMP), now)
    wanted = _slack_signature(secret, stamp, call.body)
    _must_match(SLACK_SIGNATURE, [_header(call, SLACK_SIGNATURE)], wanted)
    return _named_in(call.body, "event_id") or _digest_id(stamp, call.body)


def _verify_nothing(_secret: bytes, call: Call, _now: float) -> str:
    return _given_id(call) or uuid4().hex


_VERIFY: dict[Verification, Callable[[bytes, Call, float], str]] = {
    Verification.HMAC: _verify_hmac,
    Verification.GITHUB: _verify_github,
    Verification.STRIPE: _verify_stripe,
    Verification.SLACK: _verify_slack,
    Verification.NONE: _verify_nothing,
}


def _header(call: Call, name: str) -> str:
    found = call.headers.get(name.lower())
    if found is None:
        raise SignatureInvalid(f"the header {name} is missing; sign the call")
    return found


def _recent(name: str, stamp: str, now: float) -> str:
    if not _SECONDS.fullmatch(stamp):
        raise SignatureInvalid(f"{name}: holds no Unix time in seconds")
    if abs(now - int(stamp)) > WINDOW_SECONDS:
        raise SignatureInvalid(
            f"{name}: signed more than {WINDOW_SECONDS} seconds before or after now; "
            "sign again, and check the sender's clock"
        )
    return stamp


def _must_match(name: str, given: Iterable[str], wanted: str) -> None:
    # All of them, so that the time taken does not say which one.
    matches = [hmac.compare_digest(each.encode(), wanted.encode()) for each in given]
    if not any(matches):
        raise SignatureInvalid(f"{name}: does not fit the body and the webhook's secret")


def _given_id(call: Call) -> str | None:
    given = call.headers.get(DELIVERY.lower())
    if given is not None and not _ID.fullmatch(given):
        raise CallInvalid(f"{DELIVERY}: 1 to 200 visible ASCII characters")
    return given


def _named_in(body: bytes, field: str) -> str | None:
    """The id that a signed body gives to itself: a sender that tries again signs anew."""
    named = _document(body).get(field)
    return named if isinstance(named, str) and _ID.fullmatch(named) else None


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}


def _digest_id(stamp: str, body: bytes) -> str:
    return hashlib.sha256(f"{stamp}.".encode() + body).hexdigest()


# Signing -----------------------------------------------------------------------------------------


def _sign_hmac(secret: bytes, body: bytes, delivery_id: str, stamp: str) -> dict[str, str]:
    signature = _hmac_signature(secret, stamp, delivery_id, body)
    return {TIMESTAMP: stamp, SIGNATURE: signature, DELIVERY: delivery_id}


def _sign_github(secret: bytes, body: bytes, delivery_id: str, _stamp: str) -> dict[str, str]:
    return {GITHUB_SIGNATURE: _github_signature(secret, body), GITHUB_DELIVERY: delivery_id}


def _sign_stripe(secret: bytes, body: bytes, _delivery_id: str, stamp: str) -> dict[str, str]:
    return {STRIPE_SIGNATURE: f"t={stamp},v1={_stripe_signature(secret, stamp, body)}"}


def _sign_slack(secret: bytes, body: bytes, _delivery_id: str, stamp: str) -> dict[str, str]:
    return {SLACK_TIMESTAMP: stamp, SLACK_SIGNATURE: _slack_signature(secret, stamp, body)}


def _sign_nothing(_secret: bytes, _body: bytes, delivery_id: str, _stamp: str) -> dict[str, str]:
    return {DELIVERY: delivery_id}


_SIGN: dict[Verification, Callable[[bytes, bytes, str, str], dict[str, str]]] = {
    Verification.HMAC: _sign_hmac,
    Verification.GITHUB: _sign_github,
    Verification.STRIPE: _sign_stripe,
    Verification.SLACK: _sign_slack,
    Verification.NONE: _sign_nothing,
}


def _hmac_signature(secret: bytes, stamp: str, delivery_id: str, body: bytes) -> str:
    """Of its id, too: else whoever heard a call could send it again as another one."""
    return f"sha256={_hex(secret, f'{stamp}.{delivery_id}.'.encode(), body)}"


def _github_signature(secret: bytes, body: bytes) -> str:
    return f"sha256={_hex(secret, body)}"


def _stripe_signature(secret: bytes, stamp: str, body: bytes) -> str:
    return _hex(secret, stamp.encode(), b".", body)


def _slack_signature(secret: bytes, stamp: str, body: bytes) -> str:
    return f"v0={_hex(secret, b'v0:', stamp.encode(), b':', body)}"


def _hex(secret: bytes, *parts: bytes) -> str:
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        digest.update(part)
    return digest.hexdigest()
