"""Settings of destinations at rest: JSON, encrypted under a key that only SECRET_KEY yields.

Fernet is AES-128-CBC with HMAC-SHA256; HKDF (RFC 5869) makes its key, with a purpose of its own, so that nothing
else that SECRET_KEY signs can be turned against it.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PURPOSE = b"sarnakh destination settings 1"


class SealError(Exception):
    """The text was sealed under another SECRET_KEY, or changed since."""


def seal(secret_key: str, settings: Mapping[str, Any]) -> str:
    """Encrypt settings; the same settings give another text each time."""
    return _box(secret_key).encrypt(json.dumps(dict(settings), ensure_ascii=False).encode()).decode()


def unseal(secret_key: str, text: str) -> dict[str, Any]:
    """The settings again. Raises SealError."""
    try:
        found = json.loads(_box(secret_key).decrypt(text.encode()))
    except InvalidToken as error:
        raise SealError("these settings were sealed with another SECRET_KEY") from error
    assert isinstance(found, dict)
    return found


@lru_cache(maxsize=4)
def _box(secret_key: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=PURPOSE).derive(secret_key.encode())
    return Fernet(base64.urlsafe_b64encode(derived))
