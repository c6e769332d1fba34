"""Who is in front of the page: nobody in particular on a laptop, a signed-in visitor on a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from leap_core.errors import UserError
from pages.shared.roles import ADMINISTRATOR, Access, Visitor, reachable_by_others

# Whoever sits at a laptop owns it.
_OWNER = Visitor("", ADMINISTRATOR)
NOT_ALLOWED = "not allowed"
UNSIGNED = "unsigned"
EXPOSED = "exposed"
UNREADABLE = "unreadable"
# What a reverse proxy adds to a request: then others are in front of the page, whatever the server listens on.
_PROXY_HEADERS = ("x-forwarded-for", "x-forwarded-proto", "x-forwarded-host", "forwarded", "x-real-ip")


def sign_in_configured() -> bool:
    """Whether secrets.toml has an ``[auth]`` table: then nobody gets further without signing in."""
    return "auth" in _secrets()


def visitor() -> Visitor | None:
    """Who may see the pages; None for whoever may not.

    Raises
    ------
    UserError
        If the lists in secrets.toml cannot be read.
    """
    access = Access.of(_secrets().get("leap", {}))
    if not sign_in_configured():
        return None if _others_may_be_here() and not access.open else _OWNER
    return access.visitor(_claims()) if _signed_in() else None


def address_of_visitor() -> str:
    """Address of who is here; empty where nobody signs in."""
    who = visitor()
    return who.address if who is not None else ""


def administrators_only(what: str) -> bool:
    """Whether the visitor administers this installation; says so where not."""
    who = visitor()
    if who is not None and who.administers:
        return True
    st.info(f"{what} is for administrators of this installation.", icon=":material/lock:")
    return False


def why_not() -> str:
    """Why the visitor may not see the pages: one of this module's constants."""
    try:
        if not sign_in_configured():
            return EXPOSED
    except UserError:
        return UNREADABLE
    return NOT_ALLOWED if _signed_in() else UNSIGNED


def claimed_address() -> str:
    """Address that the signed-in visitor claims."""
    return str(_claims().get("email") or "an account without an address")


def _signed_in() -> bool:
    return bool(getattr(st.user, "is_logged_in", False))


def _claims() -> Mapping[str, Any]:
    return st.user.to_dict()


def _others_may_be_here() -> bool:
    """Whether somebody else than the owner of this computer may be in front of the page."""
    if os.environ.get("LEAP_REQUIRE_SIGN_IN", "") not in ("", "0") or reachable_by_others(
        st.get_option("server.address")
    ):
        return True
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    host = (headers.get("host") or "localhost").rsplit(":", 1)[0].strip("[]")
    return any(name in headers for name in _PROXY_HEADERS) or reachable_by_others(host)


def _secrets() -> Mapping[str, Any]:
    """Content of secrets.toml; nothing only where there is no such file.

    One that cannot be read must not open the door.

    Raises
    ------
    UserError
        If a file is there and cannot be read.
    """
    if not any(Path(path).is_file() for path in st.get_option("secrets.files")):
        return {}
    try:
        return st.secrets.to_dict()
    except Exception as error:
        # Whatever the parser raises; what the file holds is not shown to a visitor.
        raise UserError(
            "secrets.toml cannot be read, so nobody is let in. Whoever runs this server finds the reason in its log."
        ) from error


def checked_visitor() -> Visitor | None:
    """`visitor`; a mistake in the lists lets nobody in, and is said."""
    try:
        return visitor()
    except UserError as error:
        st.error(str(error), icon=":material/settings_alert:")
        return None
