"""Panel files uploaded in the browser: laid into a private folder only for as long as they are read."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from leap_core.panel.further_studies import FurtherSource
from leap_core.panel.reading import PanelSources

Result = TypeVar("Result")


@dataclass(frozen=True)
class UploadedPanel:
    """Content and name of the files of a panel, with what the user declared.

    Attributes
    ----------
    expression, response, lines, fingerprints, further, drugs
        (name, content); the last four may be None.
    score, unit, release, also_score
        As in `leap_core.panel.reading.PanelSources`.
    also
        (name, content) of each further study.
    """

    expression: tuple[str, bytes]
    response: tuple[str, bytes]
    lines: tuple[str, bytes] | None
    fingerprints: tuple[str, bytes] | None
    score: str | None
    unit: str | None
    release: str | None
    further: tuple[str, bytes] | None = None
    also: tuple[tuple[str, bytes], ...] = ()
    also_score: str | None = None
    drugs: tuple[str, bytes] | None = None

    def read(self, reader: Callable[[PanelSources], Result]) -> Result:
        """Call `reader` on the files; they are deleted when it returns, whatever happens."""
        with tempfile.TemporaryDirectory(prefix="leap-panel-") as folder:
            paths = {
                role: _lay(Path(folder) / role, *content)
                for role in ("expression", "response", "lines", "fingerprints", "further", "drugs")
                if (content := getattr(self, role)) is not None
            }
            studies = [_lay(Path(folder) / f"also{number}", *content) for number, content in enumerate(self.also)]
            return reader(
                PanelSources(
                    paths["expression"],
                    paths["response"],
                    paths.get("lines"),
                    self.score,
                    self.unit,
                    self.release,
                    paths.get("fingerprints"),
                    (paths["further"],) if self.further is not None else (),
                    also=tuple(FurtherSource(path, self.also_score) for path in studies),
                    drugs=paths.get("drugs"),
                )
            )


def _lay(folder: Path, name: str, content: bytes) -> Path:
    # The name tells the kind of file and its score type; no part of it may lead anywhere else.
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", Path(name).name)[-100:].lstrip(".") or "table.csv"
    folder.mkdir()
    path = folder / safe
    path.write_bytes(content)
    return path
