"""Who may do what on a server: an allow-list of addresses and domains, and two roles."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from leap_core.errors import UserError

USER, ADMINISTRATOR = "user", "administrator"


@dataclass(frozen=True)
class Visitor:
    """Somebody in front of the pages.

    Attributes
    ----------
    address
        E-mail address as the sign-in provider vouches for it; empty where nobody signs in.
    role
        ``user`` or ``administrator``.
    """

    address: str
    role: str

    @property
    def administers(self) -> bool:
        """Whether they may train, download and delete."""
        return self.role == ADMINISTRATOR


@dataclass(frozen=True)
class Access:
    """Who is let in.

    Attributes
    ----------
    users, administrators
        Addresses (``ada@uni.example``) and domains (``@uni.example``), in lower case.
    open
        Whether a server that others can reach is meant to work without sign-in.
    trust_unverified
        Whether addresses count that the provider does not say it has verified: for a provider of one institution that
        leaves the claim out.
    """

    users: tuple[str, ...] = ()
    administrators: tuple[str, ...] = ()
    open: bool = False
    trust_unverified: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Access:
        """Read the table ``[leap]`` of secrets.toml.

        Raises
        ------
        UserError
            If an entry is neither an address nor a domain, or a setting is not known or no yes or no.
        """
        if not isinstance(settings, Mapping):
            raise UserError("leap in secrets.toml is a table, [leap], with users and administrators.")
        unknown = set(settings) - {field.name for field in fields(cls)}
        if unknown:
            known = ", ".join(field.name for field in fields(cls))
            raise UserError(f"[leap] in secrets.toml knows {known}, not {', '.join(sorted(unknown))}.")
        return cls(
            _entries(settings.get("users", ())),
            _entries(settings.get("administrators", ())),
            _yes_or_no(settings, "open"),
            _yes_or_no(settings, "trust_unverified"),
        )

    def visitor(self, claims: Mapping[str, Any]) -> Visitor | None:
        """Who somebody is, by the claims of their identity token; None for whom the lists do not name.

        An address that the provider does not say it has verified counts for nothing, unless `trust_unverified`.
        """
        address = str(claims.get("email") or "").strip().lower()
        if address.count("@") != 1 or address.startswith("@"):
            return None
        # A provider that serves several institutions lets each name its people as it likes: what is not verified is not
        # an identity.
        if claims.get("email_verified") not in (True, "true") and not self.trust_unverified:
            return None
        if _named(address, self.administrators):
            return Visitor(address, ADMINISTRATOR)
        return Visitor(address, USER) if _named(address, self.users) else None


def reachable_by_others(address: str | None) -> bool:
    """Whether a server that listens on `address` can be reached from other computers (no address: on all)."""
    if address is None or not address.strip():
        return True
    if address == "localhost":
        return False
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True


def _entries(values: object) -> tuple[str, ...]:
    if isinstance(values, str) or not hasattr(values, "__iter__"):
        raise UserError(f"[leap] in secrets.toml: expected a list of addresses, got {values!r}.")
    entries = tuple(str(value).strip().lower() for value in values)
    for entry in entries:
        if entry.count("@") != 1 or entry.endswith("@"):
            raise UserError(
                f'[leap] in secrets.toml: {entry!r} is neither an address ("ada@uni.example") nor a domain'
                ' ("@uni.example").'
            )
    return entries


def _yes_or_no(settings: Mapping[str, Any], name: str) -> bool:
    value = settings.get(name, False)
    if not isinstance(value, bool):
        raise UserError(f"[leap] in secrets.toml: {name} is true or false, without quotation marks, not {value!r}.")
    return value


def _named(address: str, entries: tuple[str, ...]) -> bool:
    return address in entries or f"@{address.split('@')[1]}" in entries
