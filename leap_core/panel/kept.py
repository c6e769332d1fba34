"""Panels in the store."""

from __future__ import annotations

import numpy as np

from leap_core.panel.panel import FurtherStudy, Panel
from leap_core.panel.reading import PanelSources, read_panel
from leap_core.run.codec import digest
from leap_core.run.store import ALGORITHM_VERSION, MadeFrom, Store

# Raise it when a stored panel holds more than before.
CONTENTS = 3
# Raise it when files are read otherwise than before.
READING = 3


def import_panel(sources: PanelSources, store: Store) -> str:
    """Read, align and keep a panel; return its key. The same files again are found by their digests."""
    made_from: MadeFrom = {
        "stage": "panel",
        "version": ALGORITHM_VERSION,
        "contents": CONTENTS,
        "reading": READING,
        "files": sources.digests(),
        "names": [sources.expression.name, sources.response.name],
        "score": sources.score,
        "unit": sources.unit,
        "release": sources.release,
        **({"join": sources.join} if sources.further else {}),
        **({"also": [[source.path.name, source.score] for source in sources.also]} if sources.also else {}),
    }
    return store.keep(made_from, lambda: read_panel(sources))


def keep_panel(panel: Panel, store: Store) -> str:
    """Keep a panel that was made in memory ; return its key."""
    made_from: MadeFrom = {
        "stage": "panel",
        "version": ALGORITHM_VERSION,
        "contents": CONTENTS,
        "score": panel.score.key,
        "unit": panel.unit,
        "release": panel.release,
        "simulated": panel.simulated,
        "digest": digest(
            *(
                part
                for table in (panel.expression, panel.response, panel.unlabelled)
                for part in (table.to_numpy(), table.index.tolist(), table.columns.tolist())
            ),
            *(panel.lines[column].tolist() for column in panel.lines.columns),
        ),
    }
    if panel.fingerprints is not None:
        table = panel.fingerprints.table
        made_from["fingerprints"] = digest(table.to_numpy(dtype=np.float32), table.index.tolist())
    if panel.further:
        made_from["study"] = panel.study
        made_from["further"] = [[study.name, study.score.key, _of_study(study)] for study in panel.further]
    return store.keep(made_from, lambda: panel)


def _of_study(study: FurtherStudy) -> str:
    table, same = study.response, study.same
    names = (table.index.tolist(), table.columns.tolist())
    annotation = (study.lines[column].tolist() for column in study.lines.columns)
    return digest(table.to_numpy(), *names, *annotation, *(same[column].tolist() for column in same.columns))


def stored_panel(panel_key: str, store: Store) -> Panel:
    """Read a panel that `import_panel` or `keep_panel` kept."""
    return store.read(panel_key, Panel)
