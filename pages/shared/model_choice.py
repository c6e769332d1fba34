"""Which models a session looks at: one of each kind, and never a simulated one beside a real one."""

from __future__ import annotations

from pages.shared.models import models_of, open_model
from pages.shared.session import KINDS, session


def keep_apart(changed: str | None = None) -> dict[str, list[str]]:
    """Choose the first models of a session, and never a simulated one beside a real one.

    Parameters
    ----------
    changed
        Kind (``gene`` or ``drug``) whose model was just chosen: the other one follows. Otherwise real models stay.

    Returns
    -------
    dict
        Names of the models that can be chosen, by kind.
    """
    chosen, names = session().models, {kind: models_of(kind) for kind in KINDS}
    for kind, known in names.items():
        if kind not in chosen or (chosen[kind] is not None and chosen[kind] not in known):
            chosen[kind] = known[0] if known else None
        elif chosen[kind] is None:
            # There was none: one may have been trained since.
            chosen[kind] = _first_beside(kind, known)
    simulated = {kind: open_model(name).panel.simulated for kind, name in chosen.items() if name is not None}
    if len(set(simulated.values())) < 2:
        return names
    kept = changed or next(kind for kind, made_up in simulated.items() if not made_up)
    for kind, known in names.items():
        if kind != kept:
            alike = [name for name in known if open_model(name).panel.simulated == simulated[kept]]
            chosen[kind] = alike[0] if alike else None
    return names


def _first_beside(kind: str, known: list[str]) -> str | None:
    """The first model of a kind that can be looked at beside that of the other kind."""
    others = [name for other, name in session().models.items() if other != kind and name in models_of(other)]
    simulated = {open_model(name).panel.simulated for name in others}
    return next((name for name in known if not simulated or open_model(name).panel.simulated in simulated), None)
