"""How value objects lie on disk: arrays as safetensors, tables as parquet, the rest as JSON. No pickle."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.errors import StoreError
from leap_core.io.matrices import ReadReport
from leap_core.model.heads.base import Heads, LinearHeads
from leap_core.model.heads.kernel import KernelHeads
from leap_core.model.heads.knn import NeighbourHeads
from leap_core.model.heads.multitarget.factored import FactoredHeads
from leap_core.model.heads.networks import MLPHeads, PanMLPHeads
from leap_core.model.heads.trees import PanTreeHeads, TreeHeads
from leap_core.model.layers.base import AffineLayer, Layer
from leap_core.model.layers.identity import IdentityLayer
from leap_core.model.preprocessing import Standardiser
from leap_core.panel.fingerprints import Fingerprints
from leap_core.panel.panel import Panel, PanelReport
from leap_core.panel.scores import SCORE_TYPES
from leap_core.passport.lineage_guess import LineageGuess
from leap_core.passport.space import PanelSpace
from leap_core.ranking.calibration import Calibration
from leap_core.ranking.difficulty import Difficulty
from leap_core.ranking.evidence import Evidence, Yield
from leap_core.ranking.selectivity import PanelSpread
from leap_core.ranking.widening import Widening
from leap_core.run.array_files import Arrays, new_array, read_arrays, write_arrays

__all__ = ["Arrays", "new_array", "read_arrays", "write_arrays"]

_KINDS = (LinearHeads, FactoredHeads, KernelHeads, NeighbourHeads, TreeHeads, MLPHeads, PanTreeHeads, PanMLPHeads)
_HEADS: dict[str, type[Heads]] = {kind.__name__: kind for kind in _KINDS}
_MATRICES = ("expression", "response", "unlabelled")


def digest(*parts: npt.NDArray[Any] | list[str] | tuple[str, ...]) -> str:
    """SHA-256 of arrays (type, shape, bytes) and lists of names."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, np.ndarray):
            total.update(f"{part.dtype}{part.shape}".encode())
            total.update(np.ascontiguousarray(part).view(np.uint8).data)
        else:
            total.update(json.dumps(list(part)).encode())
    return total.hexdigest()


def write_json(folder: Path, name: str, content: dict[str, Any]) -> None:
    """Write plain values to ``<name>.json``."""
    (folder / f"{name}.json").write_text(json.dumps(content, indent=1), encoding="utf-8")


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Read what `write_json` wrote."""
    content: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    return content


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write a frame with text labels to ``<name>.parquet``."""
    table.to_parquet(folder / f"{name}.parquet", compression="zstd")


def read_table(folder: Path, name: str) -> pd.DataFrame:
    """Read what `write_table` wrote."""
    return pd.read_parquet(folder / f"{name}.parquet")


def write_matrix(folder: Path, name: str, matrix: pd.DataFrame) -> None:
    """Write a float32 matrix with text labels: values to ``<name>.safetensors``, labels to ``<name>.json``.

    Parquet takes seconds for tens of thousands of columns; this is mapped into memory in no time.
    """
    write_arrays(folder, name, {"values": matrix.to_numpy(dtype=np.float32)})
    write_json(
        folder, name, {"rows": matrix.index.tolist(), "columns": matrix.columns.tolist(), "index": matrix.index.name}
    )


def read_matrix(folder: Path, name: str) -> pd.DataFrame:
    """Read what `write_matrix` wrote; its values are read only."""
    labels = read_json(folder, name)
    rows = pd.Index(labels["rows"], name=labels["index"], dtype="str")
    return pd.DataFrame(read_arrays(folder, name)["values"], rows, pd.Index(labels["columns"], dtype="str"), copy=False)


def write_panel(folder: Path, panel: Panel) -> None:
    """Write a panel: expression, response, unlabelled as matrices, lines as parquet; the rest as JSON."""
    for name in _MATRICES:
        write_matrix(folder, name, getattr(panel, name))
    write_table(folder, "lines", panel.lines)
    if panel.fingerprints is not None:
        write_matrix(folder, "fingerprints", panel.fingerprints.table)
    content = {
        "score": panel.score.key,
        "unit": panel.unit,
        "release": panel.release,
        "simulated": panel.simulated,
        "report": asdict(panel.report),
        "entrez": panel.entrez,
        "fingerprints": None if panel.fingerprints is None else panel.fingerprints.source,
    }
    write_json(folder, "panel", content)


def read_panel(folder: Path) -> Panel:
    """Read what `write_panel` wrote."""
    content = read_json(folder, "panel")
    report: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else _read_report(value)
        for key, value in content["report"].items()
    }
    return Panel(
        **{name: read_matrix(folder, name) for name in _MATRICES},
        lines=read_table(folder, "lines"),
        score=SCORE_TYPES[content["score"]],
        unit=content["unit"],
        release=content["release"],
        simulated=content["simulated"],
        report=PanelReport(**report),
        entrez=content["entrez"],
        fingerprints=(
            Fingerprints(read_matrix(folder, "fingerprints"), content["fingerprints"])
            if content.get("fingerprints")
            else None
        ),
    )


def write_layer(folder: Path, layer: Layer) -> None:
    """Write a representation layer."""
    if isinstance(layer, AffineLayer):
        write_arrays(folder, "layer", {"weights": layer.weights, "offset": layer.offset})
    elif isinstance(layer, IdentityLayer):
        write_json(folder, "identity", {"genes": layer.genes})
    else:
        raise TypeError(f"layers of the kind {type(layer).__name__} have no form on disk")
    write_json(folder, "diagnostics", layer.diagnostics)


def read_layer(folder: Path) -> Layer:
    """Read what `write_layer` wrote."""
    if (folder / "identity.json").exists():
        return IdentityLayer(int(read_json(folder, "identity")["genes"]))
    return AffineLayer(**read_arrays(folder, "layer"), diagnostics=read_json(folder, "diagnostics"))


def write_heads(folder: Path, heads: Heads, out_of_fold: npt.NDArray[np.float32]) -> None:
    """Write the heads of one layer, with the out-of-fold predictions (n, p) that they made."""
    write_arrays(folder, "heads", {field.name: np.asarray(getattr(heads, field.name)) for field in fields(heads)})
    if not isinstance(heads, LinearHeads):
        write_json(folder, "heads", {"kind": type(heads).__name__})
    write_arrays(folder, "out_of_fold", {"out_of_fold": out_of_fold})


def read_heads(folder: Path) -> Heads:
    """Read the heads that `write_heads` wrote."""
    kind = str(read_json(folder, "heads")["kind"]) if (folder / "heads.json").exists() else LinearHeads.__name__
    if kind not in _HEADS:
        raise StoreError(f"{folder} holds heads of the unknown kind {kind}; train the model again.")
    return _HEADS[kind](**read_arrays(folder, "heads"))


def read_out_of_fold(folder: Path) -> npt.NDArray[np.float32]:
    """Read the out-of-fold predictions (n, p) that `write_heads` wrote."""
    return read_arrays(folder, "out_of_fold")["out_of_fold"]


def write_standardiser(folder: Path, standardiser: Standardiser) -> None:
    """Write the frozen preprocessing."""
    write_arrays(folder, "standardiser", {"mean": standardiser.mean, "scale": standardiser.scale})
    write_json(
        folder,
        "genes",
        {"genes": list(standardiser.genes), "centre_lines": standardiser.centre_lines, "clip": standardiser.clip},
    )


def read_standardiser(folder: Path) -> Standardiser:
    """Read what `write_standardiser` wrote."""
    content = read_json(folder, "genes")
    arrays = read_arrays(folder, "standardiser")
    # Models of before had neither option.
    return Standardiser(
        tuple(content["genes"]),
        arrays["mean"],
        arrays["scale"],
        bool(content.get("centre_lines", False)),
        content.get("clip"),
    )


def write_lineage_guess(folder: Path, guess: LineageGuess) -> None:
    """Write the map from standardised genes to lineages, and how often it was right."""
    arrays = {
        "mean": guess.space.mean,
        "projection": guess.space.projection,
        "weights": guess.weights,
        "intercepts": guess.intercepts,
    }
    write_arrays(folder, "lineage_guess", arrays)
    # JSON has no NaN.
    numbers = {
        name: value if np.isfinite(value) else None
        for name, value in (("accuracy", guess.accuracy), ("confidence", guess.confidence))
    }
    write_json(folder, "lineage_guess", {"lineages": list(guess.lineages), **numbers})


def read_lineage_guess(folder: Path) -> LineageGuess:
    """Read what `write_lineage_guess` wrote."""
    content = read_json(folder, "lineage_guess")
    numbers = {name: float("nan") if content[name] is None else content[name] for name in ("accuracy", "confidence")}
    arrays = read_arrays(folder, "lineage_guess")
    space = PanelSpace(arrays["mean"], arrays["projection"])
    return LineageGuess(
        tuple(content["lineages"]),
        space,
        arrays["weights"],
        arrays["intercepts"],
        numbers["accuracy"],
        numbers["confidence"],
    )


def write_evidence(folder: Path, evidence: Evidence) -> None:
    """Write spread, calibration and yield of a model."""
    arrays: dict[str, npt.NDArray[Any]] = {
        "centre": evidence.spread.centre,
        "scale": evidence.spread.scale,
        "chance_intercepts": evidence.chance.intercepts,
        "chance_slopes": evidence.chance.slopes,
        "difficulty_knots": evidence.difficulty.knots,
        "difficulty_scale": evidence.difficulty.scale,
        "widening_first": evidence.widening.first,
        "widening_rest": evidence.widening.rest,
        "widening_classes": evidence.widening.classes,
    }
    if evidence.call is not None:
        arrays |= {"call_intercepts": evidence.call.intercepts, "call_slopes": evidence.call.slopes}
    if evidence.yields is not None:
        arrays |= {f"hits_{method}": values for method, values in evidence.yields.hits.items()}
        arrays |= {"expected": evidence.yields.expected, "true": evidence.yields.true}
    write_arrays(folder, "evidence", arrays)
    write_json(folder, "evidence", {"sign": evidence.spread.sign, "residual_scale": evidence.residual_scale})


def read_evidence(folder: Path) -> Evidence:
    """Read what `write_evidence` wrote."""
    arrays, numbers = read_arrays(folder, "evidence"), read_json(folder, "evidence")
    hits = {name.removeprefix("hits_"): values for name, values in arrays.items() if name.startswith("hits_")}
    return Evidence(
        PanelSpread(arrays["centre"], arrays["scale"], float(numbers["sign"])),
        Calibration(arrays["chance_intercepts"], arrays["chance_slopes"]),
        Calibration(arrays["call_intercepts"], arrays["call_slopes"]) if "call_slopes" in arrays else None,
        Yield(hits, arrays["expected"], arrays["true"]) if hits else None,
        Difficulty(arrays["difficulty_knots"], arrays["difficulty_scale"]),
        float(numbers["residual_scale"]),
        Widening(arrays["widening_first"], arrays["widening_rest"], arrays["widening_classes"]),
    )


def _read_report(content: dict[str, list[str]]) -> ReadReport:
    return ReadReport(**{key: tuple(value) for key, value in content.items()})
