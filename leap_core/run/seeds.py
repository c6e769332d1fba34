"""Seeds derived from identity, never from the order of execution."""

from __future__ import annotations

import hashlib


def seed_of(*identity: object) -> int:
    """Return a 63-bit seed that depends on the identity alone.

    Parameters
    ----------
    *identity
        What the random numbers are for, for example ``("layer", 3)``. Parts are joined by ``|``.

    Returns
    -------
    int
        First 63 bits of the SHA-256 digest of the joined parts.
    """
    text = "|".join(str(part) for part in identity)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
