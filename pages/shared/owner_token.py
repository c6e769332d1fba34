"""The token by which whoever started the program is known, where nobody signs in: one for each start."""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from functools import cache

from leap_core.errors import UserError

# In an address: ``http://127.0.0.1:8501/?token=...``.
TOKEN_FIELD = "token"
_VARIABLE = "LEAP_TOKEN"
_FORM = re.compile(r"[A-Za-z0-9._~-]{16,200}")


@cache
def token() -> str:
    """The token of this start: drawn, or given by whoever runs the server in ``LEAP_TOKEN``.

    Raises
    ------
    UserError
        If the one that was given is too short to be a secret, or cannot stand in an address.
    """
    given = os.environ.get(_VARIABLE, "")
    if given and not _FORM.fullmatch(given):
        raise UserError(
            f"{_VARIABLE} has {len(given)} characters; a token has 16 to 200 letters, digits, dots, dashes, underscores"
            " and tildes. Without it the start draws one."
        )
    return given or secrets.token_urlsafe(32)


def is_token(text: str) -> bool:
    """Whether a text is the token; takes as long for a wrong one."""
    return secrets.compare_digest(text.encode("utf-8", "replace"), token().encode())


def cookie_name(of: str) -> str:
    """Name of the cookie of a token: a browser keeps one for a host, and several dashboards may run on it."""
    return f"leap-{hashlib.sha256(of.encode()).hexdigest()[:8]}"
