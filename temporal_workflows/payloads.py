"""How values travel to Temporal: as JSON, and encrypted when the operator wants that."""

import dataclasses
from collections.abc import Iterable, Sequence

from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverterWithEncodedAttributes,
    PayloadCodec,
)

from models.keys import KeyMissing, KeySource, SealBroken

ENCODING = b"binary/encrypted"
PURPOSE = "payloads"


class PayloadUnreadable(RuntimeError):
    """A payload was encrypted with a key that is not here, or was changed."""


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM around every payload; the key's id stands beside it.

    A payload that is not encrypted passes, so that runs which began before are read on.
    """

    def __init__(self, keys: KeySource) -> None:
        self._keys = keys

    async def encode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See base class."""
        return self.encrypted(payloads)

    async def decode(self, payloads: Sequence[Payload]) -> list[Payload]:
        """See base class; raises `PayloadUnreadable`."""
        return self.decrypted(payloads)

    def encrypted(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each of them inside another one."""
        keyring = self._keys.keyring
        return [
            Payload(
                metadata={"encoding": ENCODING, "key": keyring.current.encode()},
                data=keyring.encrypt(payload.SerializeToString(), PURPOSE),
            )
            for payload in payloads
        ]

    def decrypted(self, payloads: Iterable[Payload]) -> list[Payload]:
        """What was encrypted; raises `PayloadUnreadable`."""
        return [self._decrypted(payload) for payload in payloads]

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        key_id = payload.metadata.get("key", b"").decode(errors="replace")
        try:
            data = self._keys.keyring.decrypt(payload.data, PURPOSE, key_id)
        except (KeyMissing, SealBroken) as error:
            raise PayloadUnreadable(str(error)) from error
        return Payload.FromString(data)


def data_converter(keys: KeySource | None = None) -> DataConverter:
    """The converter of API and workers; with `keys` everything is encrypted, failures included."""
    if keys is None:
        return pydantic_data_converter
    return dataclasses.replace(
        pydantic_data_converter,
        payload_codec=EncryptionCodec(keys),
        failure_converter_class=DefaultFailureConverterWithEncodedAttributes,
    )
