"""Who is in front of the page: nobody in particular on a laptop, a signed-in visitor on a server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from leap_core.access import ADMINISTRATOR, Access, Visitor, reachable_by_others
from leap_core.errors import UserError

# Whoever sits at a laptop owns it.
_OWNER = Visitor("", ADMINISTRATOR)
NOT_ALLOWED = "not allowed"
UNSIGNED = "unsigned"
EXPOSED = "exposed"


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
        exposed = reachable_by_others(st.get_option("server.address")) and not access.open
        return None if exposed else _OWNER
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
    if not sign_in_configured():
        return EXPOSED
    return NOT_ALLOWED if _signed_in() else UNSIGNED


def claimed_address() -> str:
    """Address that the signed-in visitor claims."""
    return str(_claims().get("email") or "an account without an address")


def _signed_in() -> bool:
    return bool(getattr(st.user, "is_logged_in", False))


def _claims() -> Mapping[str, Any]:
    return st.user.to_dict()


def _secrets() -> Mapping[str, Any]:
    try:
        return st.secrets.to_dict()
    except (StreamlitSecretNotFoundError, FileNotFoundError):
        return {}


def checked_visitor() -> Visitor | None:
    """`visitor`; a mistake in the lists lets nobody in, and is said."""
    try:
        return visitor()
    except UserError as error:
        st.error(str(error), icon=":material/settings_alert:")
        return None
