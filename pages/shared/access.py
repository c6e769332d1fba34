"""Who is in front of the page: nobody in particular on a laptop, a signed-in visitor on a server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from leap_core.errors import UserError
from pages.shared.owner_token import cookie_name, is_token, token
from pages.shared.roles import ADMINISTRATOR, Access, Visitor, reachable_by_others
from pages.shared.text import Markdown, plain

# Whoever started the program on a laptop owns it.
_OWNER = Visitor("", ADMINISTRATOR)
NOT_ALLOWED = "not allowed"
UNSIGNED = "unsigned"
EXPOSED = "exposed"
LOCKED = "locked"
UNREADABLE = "unreadable"
WHY_NOT = {
    EXPOSED: (
        "Other computers can reach this server, and nobody would have to sign in: that is refused. Bind it to this"
        " computer (server.address = 127.0.0.1), or set up sign-in in .streamlit/secrets.toml, as the administrator's"
        " page of the documentation says."
    ),
    LOCKED: (
        "This dashboard belongs to whoever started it. Open the address that the start printed: it ends with a token,"
        " and this browser remembers it until it is closed."
    ),
}
# What a reverse proxy adds to a request: then others are in front of the page, whatever the server listens on.
_PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-client-ip", "true-client-ip", "cf-connecting-ip", "cf-ray")
_SECTIONS = ("auth", "leap")


def sign_in_configured() -> bool:
    """Whether secrets.toml has an ``[auth]`` table: then nobody gets further without signing in."""
    return "auth" in _secrets()


def visitor() -> Visitor | None:
    """Who may see the pages; None for whoever may not.

    Raises
    ------
    UserError
        If secrets.toml cannot be read, or does not make sense.
    """
    access = _access()
    if not sign_in_configured():
        return None if _session_closed() is not None else _OWNER
    return access.visitor(_claims()) if _signed_in() else None


def token_wanted() -> bool:
    """Whether a request has to bring the token of the start: where nobody signs in, unless that is declared open.

    Raises
    ------
    UserError
        If secrets.toml cannot be read, or does not make sense.
    """
    return not _access().open and not sign_in_configured()


def closed_to(headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
    """Why a request gets no further where nobody signs in: `EXPOSED` or `LOCKED`; None where it may pass.

    Parameters
    ----------
    headers, cookies
        Of the request.

    Raises
    ------
    UserError
        If secrets.toml cannot be read, or does not make sense.
    """
    if not token_wanted():
        return None
    if _others_may_be_here(headers):
        return EXPOSED
    return None if is_token(cookies.get(cookie_name(token()), "")) else LOCKED


def address_of_visitor() -> str:
    """Address of who is here; empty where nobody signs in."""
    who = visitor()
    return who.address if who is not None else ""


def administrators_only(what: Markdown) -> bool:
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
            return _session_closed() or UNREADABLE
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


def _session_closed() -> str | None:
    """`closed_to` for this session; one that no request began is a run within this process.

    A websocket has headers of its own, so that nobody outside is without any.
    """
    if st.context.headers:
        return closed_to(st.context.headers, st.context.cookies)
    return EXPOSED if token_wanted() and _others_may_be_here({}) else None


def _others_may_be_here(given: Mapping[str, str]) -> bool:
    """Whether somebody else than the owner of this computer may have sent a request with these headers."""
    if os.environ.get("LEAP_REQUIRE_SIGN_IN", "") not in ("", "0") or reachable_by_others(
        st.get_option("server.address")
    ):
        return True
    headers = {name.lower(): value for name, value in given.items()}
    host = (headers.get("host") or "localhost").rsplit(":", 1)[0].strip("[]")
    passed_on = any(name in _PROXY_HEADERS or name.startswith("x-forwarded") for name in headers)
    return passed_on or reachable_by_others(host)


def _access() -> Access:
    """The lists of secrets.toml.

    Raises
    ------
    UserError
        If there is anything that this program does not know, or lists that nobody signs in to be held against: either
        may be a slip that leaves the door open.
    """
    found = _secrets()
    unknown = [name for name in found if name not in _SECTIONS]
    if unknown:
        raise UserError(
            f"secrets.toml holds {', '.join(sorted(unknown))}; this program knows [auth] and [leap] alone. A"
            " section that"
            " is misspelt would leave the door open, so nobody is let in. Mend it; or, if it belongs to another"
            " program, start this one with --secrets.files and a file of its own."
        )
    access = Access.of(found.get("leap", {}))
    if "auth" not in found and (access.users or access.administrators or access.trust_unverified):
        raise UserError(
            "secrets.toml has the lists of [leap] and no [auth]: nobody could be held against them, so nobody is let"
            " in. Add [auth], or take the lists out."
        )
    return access


def _secrets() -> Mapping[str, Any]:
    """Content of secrets.toml; nothing only where there is no such file.

    One that cannot be read must not open the door.

    Raises
    ------
    UserError
        If a file is there and cannot be read.
    """
    if not any(_is_there(Path(path)) for path in st.get_option("secrets.files")):
        return {}
    try:
        return st.secrets.to_dict()
    except Exception as error:
        # Whatever the parser raises; what the file holds is not shown to a visitor.
        raise UserError(
            "secrets.toml cannot be read, so nobody is let in. Whoever runs this server finds the reason in its log."
        ) from error


def _is_there(path: Path) -> bool:
    """Whether there is anything at a path, be it a folder, a link to nothing, or what may not be looked at."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def checked_visitor() -> Visitor | None:
    """`visitor`; a mistake in the lists lets nobody in, and is said."""
    try:
        return visitor()
    except UserError as error:
        st.error(plain(error), icon=":material/settings_alert:")
        return None
