"""A name for a browser that only it knows, as long as it is open: a cookie that pages cannot read."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

import streamlit as st

from pages.shared.owner_token import cookie_name, token

_FORM = re.compile(r"[A-Za-z0-9_-]{43}")


def browser_of(cookies: Mapping[str, str] | None = None) -> str | None:
    """The name of the browser that sent some cookies, or this session's; None where there is none."""
    found = str((st.context.cookies if cookies is None else cookies).get(name_of_cookie(), ""))
    return found if _FORM.fullmatch(found) else None


def new_name() -> str:
    """A name that nobody can guess."""
    return secrets.token_urlsafe(32)


def name_of_cookie() -> str:
    """Of this start: what it kept is gone with it, and several dashboards may run on a host."""
    return f"{cookie_name(token())}-browser"
