"""Saving what is looked at as one small file, and seeing it again in another session."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path

import pandas as pd
import streamlit as st

from leap_core.errors import UserError
from leap_core.ranking.budget import BUDGETS
from leap_core.ranking.hit_table import View, show
from leap_core.report.csv import file_name
from leap_core.report.manifest import Manifest, UsedModel, file_digests, read_manifest, table_digest
from leap_core.report.saved_pilot import pilot_as_plain, pilot_from
from leap_core.report.shortlist import Shortlist
from leap_core.services.models import Model
from leap_core.services.scoring import ScoredSample
from pages.shared.export_button import export_button
from pages.shared.models import models_of, open_model, supplied_tables
from pages.shared.session import KINDS, Upload, chosen_model, session
from pages.shared.text import plain
from pages.shared.uploads import take
from pages.shared.view import set_view, stored_view


def wanted_number(kind: str) -> int:
    """The budget as it was left on the ranked page."""
    return int(st.session_state.get(f"budget_wanted_{kind}", BUDGETS[kind][1]))


def manifest_maker(kind: str, model: Model, scored: ScoredSample) -> Callable[[], Manifest]:
    """The view of the ranked page as it stands now, to be put together when it is asked for.

    What a download button calls runs outside the session, so whatever is the session's is taken here.
    """
    state = session()
    upload = state.upload
    assert upload is not None
    view, number = stored_view(model, kind), wanted_number(kind)
    models = {part: open_model(name) for part in KINDS if (name := chosen_model(part)) is not None}
    used = {part: UsedModel(one.name, one.key, one.panel.release) for part, one in models.items()}
    shortlist = Shortlist(
        {part: list(names) for part, names in state.shortlist.items()},
        {part: dict(notes) for part, notes in state.notes.items()},
    )
    sample = scored.sample
    taken = {part: state.pilot_of(open_model(one.name), sample) for part, one in used.items()}
    tables, highlighted = supplied_tables().key, st.session_state.get("ranked_highlight") or ""

    def make() -> Manifest:
        table = show(scored.table, model.panel.score, view).table
        return Manifest(
            sample=scored.sample,
            kind=kind,
            models=used,
            files=file_digests(upload.files),
            options=upload.options,
            pool=upload.pool,
            tables=tables,
            view=view,
            number=number,
            rows=len(table),
            digest=table_digest(table),
            shortlist=shortlist,
            highlighted=highlighted,
            pilots={part: pilot_as_plain(pilot) for part, pilot in taken.items() if pilot is not None},
        )

    return make


def save_view_button(kind: str, model: Model, scored: ScoredSample) -> None:
    """A button that saves the view; the file is made when it is asked for."""
    make = manifest_maker(kind, model, scored)
    export_button(
        "Save this view (JSON)",
        lambda: make().to_json(),
        "view (json)",
        model,
        mime="application/json",
        key=f"save_view_{kind}",
        file_name=file_name(
            scored.sample, f"view-{KINDS[kind].lower()}", model.panel.release, date.today(), ending="json"
        ),
        icon=":material/bookmark_add:",
        help=(
            "Order, filters, weights, budget, shortlist and notes, what a pilot measured, and which files and models"
            " they rest on; no expression. Upload and check reopens it."
        ),
    )


def reopen_form(demo_folder: Path) -> None:
    """Ask for a saved view and, where the session lacks them, for its expression files."""
    with st.expander("Reopen a saved view", icon=":material/bookmark:"):
        file = st.file_uploader("A saved view (JSON)", type="json", key="view_file", max_upload_size=10)
        if file is None:
            st.caption(
                "A view is saved on Ranked dependencies or Shortlist and export. It needs the same expression files"
                " again: they are not in it."
            )
            return
        try:
            manifest = read_manifest(file.getvalue(), file.name)
        except UserError as error:
            st.error(plain(error), icon=":material/block:")
            return
        missing = [used.name for kind, used in manifest.models.items() if used.name not in models_of(kind)]
        # As text: a name in a file of somebody else's may look like markup.
        st.text(
            f"{manifest.sample} · {', '.join(used.name for used in manifest.models.values())} · {manifest.rows:,}"
            f" {KINDS[manifest.kind].lower()}"
        )
        if missing:
            st.error("A model of the view is not here; train it first. It is called:", icon=":material/block:")
            st.text("\n".join(missing))
            return
        upload = _upload_for(manifest, demo_folder)
        st.button(
            "Reopen",
            key="reopen_view",
            type="primary",
            disabled=upload is None,
            on_click=_reopen,
            args=(manifest, upload),
            icon=":material/bookmark:",
        )


def _upload_for(manifest: Manifest, demo_folder: Path) -> Upload | None:
    """The files of a saved view: the session's, the demo's, or those that the user gives now."""
    current = session().upload
    demo = [(path.name, path.read_bytes()) for path in sorted(demo_folder.glob("*.csv"))]
    known = _by_digest([*demo, *(current.files if current is not None else ())])
    if lacking := manifest.lacks(list(known)):
        given = st.file_uploader(
            f"Its expression: {plain(', '.join(lacking))}",
            key="view_expression",
            accept_multiple_files=True,
            max_upload_size=200,
        )
        known |= _by_digest([(one.name, one.getvalue()) for one in given or []])
        if lacking := manifest.lacks(list(known)):
            if given:
                st.warning(
                    f"Not the file that the view was made from: {plain(', '.join(lacking))} had another content.",
                    icon=":material/difference:",
                )
            return None
    return Upload(tuple((name, known[digest]) for name, digest in manifest.files), manifest.options, manifest.pool)


def _by_digest(files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """Contents by their SHA-256."""
    pairs = list(files)
    return {digest: content for (_, digest), (_, content) in zip(file_digests(pairs), pairs, strict=True)}


def _reopen(manifest: Manifest, upload: Upload) -> None:
    """Callback: read the files, then put every control back to where it was."""
    take(upload, wanted=manifest.sample)
    profiles = session().profiles
    if st.session_state["upload_refused"] or st.session_state["upload_question"] or profiles is None:
        return
    put_back(manifest)
    for key, value in (
        ("unit", upload.options.unit),
        ("pool", upload.pool),
        ("turned", upload.options.turned),
        ("duplicates", upload.options.duplicates),
    ):
        if value is not None:
            st.session_state[key] = value
    st.session_state["reopened"], st.session_state["reopened_drawn"] = manifest, False


def put_back(manifest: Manifest) -> None:
    """Set sample, models, controls of the ranked page, budget and shortlist as a saved view has them."""
    session().sample = manifest.sample
    for kind, used in manifest.models.items():
        session().models[kind] = used.name
        pilot = manifest.pilots.get(kind)
        session().take_pilot(open_model(used.name), manifest.sample, None if pilot is None else pilot_from(pilot))
    session().kind = manifest.kind
    set_view(manifest.view, manifest.kind, open_model(manifest.models[manifest.kind].name))
    st.session_state["ranked_highlight"] = manifest.highlighted
    st.session_state[f"budget_wanted_{manifest.kind}"] = manifest.number
    for kind in KINDS:
        session().shortlist[kind] = list(manifest.shortlist.names.get(kind, []))
        session().notes[kind] = dict(manifest.shortlist.notes.get(kind, {}))


def said_of_reopened(kind: str, scored: ScoredSample, view: View, table: pd.DataFrame) -> None:
    """After a view was reopened, until the user moves on.

    Whether the table is the one that was saved, and if not, why.
    """
    manifest: Manifest | None = st.session_state.get("reopened")
    if manifest is None or manifest.kind != kind or manifest.sample != scored.sample:
        return
    if view != manifest.view and st.session_state.get("reopened_drawn"):
        # The user has moved on from the view that was reopened.
        del st.session_state["reopened"]
        return
    st.session_state["reopened_drawn"] = True
    models = {part: open_model(name).key for part in KINDS if (name := chosen_model(part)) is not None}
    if differences := manifest.differences(models, supplied_tables().key, table, view):
        st.warning(f"**Reopened, and not as it was:** {plain('; '.join(differences))}.", icon=":material/difference:")
    else:
        st.success(
            f"Reopened: the same {manifest.rows:,} rows as when it was saved, number by number.",
            icon=":material/bookmark_added:",
        )
