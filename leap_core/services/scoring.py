"""One uploaded sample through one model: the table of hits, the nearest lines, and the views on them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from leap_core.errors import SampleError
from leap_core.passport.passport import Passport, make_passport, make_passports
from leap_core.pilot.codependencies import codependencies
from leap_core.pilot.outcome import PilotOutcome
from leap_core.ranking.annotations import Annotations, annotate_drugs, annotate_genes, target_genes
from leap_core.ranking.comparison import compare
from leap_core.ranking.concordance import concordance
from leap_core.ranking.consensus import StudyPercentiles, consensus
from leap_core.ranking.hit_table import hit_table
from leap_core.ranking.line_group import MIN_LINES, compare_with_group
from leap_core.ranking.list_calibration import ListCalibration
from leap_core.ranking.sample_columns import GeneralLevel, sample_columns
from leap_core.sample.model_input import ModelInput, logged_profile
from leap_core.sample.profiles import Profiles
from leap_core.services.models import Model, predict


@dataclass(frozen=True)
class ScoredSample:
    """What one model says of one sample.

    Attributes
    ----------
    sample
        Its name.
    checked
        The sample in the model's genes and unit.
    passport
        The check of the input.
    table
        Hit table in default order (see `leap_core.ranking.hit_table.hit_table`).
    level
        How strongly the sample responds overall.
    pilot
        What was made of a pilot; None where none was taken.
    before_pilot
        The sample without it.
    """

    sample: str
    checked: ModelInput
    passport: Passport
    table: pd.DataFrame
    level: GeneralLevel
    pilot: PilotOutcome | None = None
    before_pilot: ScoredSample | None = None


def score_sample(model: Model, profiles: Profiles, sample: str, annotations: Annotations | None = None) -> ScoredSample:
    """Check and score one sample of an upload.

    Parameters
    ----------
    model, profiles, sample
        Who scores what.
    annotations
        Tables beside the models; without them no row has drugs, targets or a list's common essentials.

    Raises
    ------
    SampleError
        If the sample cannot be scored by this model; the message says why.
    """
    passport, checked = make_passport(model.reference, profiles.one(sample))
    (table, level), *_ = hit_tables(model, checked.values, [passport])
    if model.panel.score.kind == "gene":
        table["expressed"] = expressed(profiles.one(sample), table.index)
    if annotations is not None:
        table = (annotate_genes if model.panel.score.kind == "gene" else annotate_drugs)(table, annotations)
    return ScoredSample(sample, checked, passport, table, level)


def hit_tables(
    model: Model, samples: pd.DataFrame, passports: list[Passport]
) -> list[tuple[pd.DataFrame, GeneralLevel]]:
    """Hit table and general level of each sample (m, genes) in the model's unit.

    Each is compared within the lineage it looks like.
    """
    known = [(passport.lineage, passport.familiarity) for passport in passports]
    found = tables_of(model, samples, known)
    return with_consensus(model, samples, found)


def tables_of(
    model: Model, samples: pd.DataFrame, known: Sequence[tuple[str | None, str | None]]
) -> list[tuple[pd.DataFrame, GeneralLevel]]:
    """The same by the first study alone, of samples whose lineage and passport class are given, or None."""
    predictions = predict(model, samples)
    panel, names = model.panel_predictions, predictions.predicted.columns
    found = []
    for position, (lineage, familiarity) in enumerate(known):
        columns, level = sample_columns(predictions.by_fold[position], panel, names, lineage, familiarity)
        found.append(
            (hit_table(predictions, str(samples.index[position]), model.table, model.panel.score, columns), level)
        )
    return found


def with_consensus(
    model: Model, samples: pd.DataFrame, tables: list[tuple[pd.DataFrame, GeneralLevel]]
) -> list[tuple[pd.DataFrame, GeneralLevel]]:
    """What the panel's further studies say of each sample, beside its table; as it is where there are none."""
    if not model.studies:
        return tables
    same = {study.name: study.same for study in model.panel.further}
    predicted = {
        name: (study.table["validation_score"], predict(study, samples).panel_percentile)
        for name, study in model.studies.items()
    }
    found = []
    for position, (table, level) in enumerate(tables):
        others = {
            name: StudyPercentiles(
                pd.DataFrame({"panel_percentile": percentiles.iloc[position], "validation_score": score}), same[name]
            )
            for name, (score, percentiles) in predicted.items()
        }
        found.append((table.join(consensus(table, model.panel.study, others)), level))
    return found


def with_concordance(
    gene_model: Model, genes: ScoredSample, drug_model: Model, drugs: ScoredSample, annotations: Annotations
) -> tuple[ScoredSample, ScoredSample]:
    """Say in the tables of one sample whether drugs and their targets agree (see `leap_core.ranking.concordance`).

    Nothing is added where no drug of the model has a target among the genes of the other.
    """
    names = {annotations.names.canonical(name): str(name) for name in genes.table.index}
    targets = {
        drug: frozenset(names[symbol] for symbol in symbols if symbol in names)
        for drug, symbols in target_genes(map(str, drugs.table.index), annotations).items()
    }
    if not any(targets.values()):
        return genes, drugs
    of_genes, of_drugs = concordance(
        genes.table, drugs.table, targets, gene_model.panel.score.accuracy_cut, drug_model.panel.score.accuracy_cut
    )
    return replace(genes, table=genes.table.join(of_genes)), replace(drugs, table=drugs.table.join(of_drugs))


def calibration_of(model: Model, scored: ScoredSample) -> ListCalibration:
    """What a sample's list is calibrated by: the model's, or that of lists after its pilot."""
    return model.calibration if scored.pilot is None else scored.pilot.calibration


def expressed(profiles: Profiles, genes: pd.Index) -> pd.Series:
    """Whether each gene is expressed in the first sample (1 TPM or more; counts: 1 in a million).

    Missing where that cannot be told.

    Microarrays have no line between on and off, so nothing is told of them.
    """
    logged, microarray = logged_profile(profiles)
    if microarray:
        return pd.Series(pd.NA, genes, dtype="boolean")
    values = logged.reindex(
        [profiles.names.canonical(gene) if gene not in logged.index else gene for gene in genes]
    ).to_numpy(dtype=float)
    return pd.Series(pd.array(values >= 1.0, dtype="boolean"), genes).mask(np.isnan(values))


def check_samples(model: Model, profiles: Profiles) -> tuple[list[tuple[Passport, ModelInput]], dict[str, str]]:
    """Check every sample of an upload against one model.

    Returns
    -------
    checks : list
        Passport and input of each sample that can be scored.
    refused : dict
        Sample to the reason why it cannot.

    Raises
    ------
    SampleError
        If none can be scored by this model.
    """
    checks, errors = make_passports(model.reference, profiles)
    refused = {sample: str(error) for sample, error in errors.items()}
    if not checks:
        sample, reason = next(iter(refused.items()))
        raise SampleError(f"{reason} (sample {sample})" if len(refused) > 1 else reason)
    return checks, refused


def sample_members(model: Model, scored: ScoredSample) -> pd.DataFrame:
    """Predictions of every member: rows ``layer_<l>_fold_<k>``, columns perturbations."""
    return model.ensemble.members_frame(scored.checked.values)


def members_of(model: Model, scored: ScoredSample, perturbation: str) -> pd.Series:
    """Predictions of every member for one perturbation: a column of `sample_members`."""
    return model.ensemble.members_of(scored.checked.values, perturbation)


def panel_lines(model: Model, perturbation: str) -> pd.DataFrame:
    """The panel's lines for one perturbation.

    Returns
    -------
    pandas.DataFrame
        Index line ids; ``name``, ``lineage``, ``measured`` (NaN = not screened), ``out_of_fold`` (by the
        models that did not see the line).
    """
    position = model.ensemble.perturbations.index(perturbation)
    lines = model.panel.lines[["name", "lineage"]].copy()
    lines["measured"] = model.panel.response[perturbation].to_numpy(dtype=float)
    lines["out_of_fold"] = model.ensemble.out_of_fold[:, position].astype(float)
    return lines


def compare_samples(model: Model, base: ScoredSample, other: ScoredSample) -> pd.DataFrame:
    """Compare two scored samples (see `leap_core.ranking.comparison.compare`)."""
    members = (sample_members(model, base), sample_members(model, other))
    return compare(base.table, other.table, *members, model.difference_width, model.panel.score)


def compare_with_lines(model: Model, scored: ScoredSample, lines: Collection[str]) -> pd.DataFrame:
    """Compare a scored sample with some of the panel's lines, by id (see `leap_core.ranking.line_group`).

    A line that the sample itself is takes no part.

    Raises
    ------
    SampleError
        If fewer than three lines are left.
    """
    same = scored.passport.same_line
    itself = same.line if same is not None and same.screened else None
    group = model.panel.lines.index.isin([line for line in lines if line != itself])
    if group.sum() < MIN_LINES:
        raise SampleError(f"{group.sum()} lines of the panel are in this group; at least {MIN_LINES} are needed.")
    response = model.panel.response.to_numpy()
    width, score = model.difference_width, model.panel.score
    return compare_with_group(scored.table, model.ensemble.out_of_fold, response, group, width, score)


def map_lines(model: Model) -> pd.DataFrame:
    """The panel's lines on their first two principal components: ``x``, ``y``, ``name``, ``lineage``."""
    lines = model.panel.lines[["name", "lineage"]].copy()
    lines["x"], lines["y"] = model.reference.on_map(model.reference.standardised).T
    return lines


def measured_of_line(model: Model, line: str, top: int = 20) -> pd.DataFrame:
    """What was measured of one screened line, strongest first.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``measured``, ``panel_mean`` and ``out_of_fold`` (predicted by models that did not see the
        line); the `top` rows that differ most from the panel's mean towards the strong end.
    """
    position = model.panel.lines.index.get_loc(line)
    table = pd.DataFrame(
        {
            "measured": model.panel.response.iloc[position].astype(float),
            "panel_mean": model.table["panel_mean"].astype(float),
            "out_of_fold": model.ensemble.out_of_fold[position].astype(float),
        },
        index=model.panel.response.columns,
    )
    stronger = pd.Series(model.panel.score.strength((table["measured"] - table["panel_mean"]).to_numpy()), table.index)
    return table.loc[stronger.dropna().sort_values(ascending=False, kind="stable").index[:top]]


def codependencies_of(model: Model, name: str) -> pd.DataFrame:
    """The rows whose residuals go most with one row's (see `leap_core.pilot.codependencies.codependencies`)."""
    measured, names = model.panel.response.to_numpy(), pd.Index(model.ensemble.perturbations)
    # Of rows that could not be learnt nothing was predicted.
    residuals = np.where(model.learnable, measured - model.ensemble.out_of_fold, np.nan)
    row = int(names.get_indexer(pd.Index([name]))[0])
    return codependencies(residuals, measured, row, list(model.panel.patients), names)


def other_side_of(model: Model, other: Model, name: str, annotations: Annotations) -> list[str]:
    """Rows of the other model that are drugs against this gene, or targets of this drug."""
    genes, drugs = (model, other) if model.panel.score.kind == "gene" else (other, model)
    names = {annotations.names.canonical(gene): gene for gene in genes.ensemble.perturbations}
    asked = [name] if drugs is model else list(drugs.ensemble.perturbations)
    targets = target_genes(asked, annotations)
    if drugs is model:
        return sorted(names[symbol] for symbol in targets.get(name, ()) if symbol in names)
    symbol = annotations.names.canonical(name)
    return sorted(drug for drug, symbols in targets.items() if symbol in symbols)


def with_measured(nearest: pd.DataFrame, lines: pd.DataFrame) -> pd.DataFrame:
    """Add the measured and out-of-fold response of one perturbation to the nearest lines."""
    return nearest.join(lines[["measured", "out_of_fold"]])


def changed_calls(members: pd.DataFrame, higher_is_stronger: bool, top: int) -> pd.DataFrame:
    """Where the ensemble changes a single layer's call: in the ensemble's top rows, or in a layer's, not in both.

    Parameters
    ----------
    members
        From `sample_members`.
    higher_is_stronger
        Direction of the score.
    top
        How many of the strongest rows count as called.

    Returns
    -------
    pandas.DataFrame
        Index perturbations; ``ensemble_rank`` and one column of ranks per layer; rows where some layer
        disagrees with the ensemble about the top, in the ensemble's order.
    """
    layer_of = members.index.str.extract(r"(layer_\d+)", expand=False)
    by_layer = members.groupby(layer_of).mean().T
    sign = 1.0 if higher_is_stronger else -1.0
    ranks = (sign * by_layer).rank(ascending=False)
    ranks.insert(0, "ensemble", (sign * members.mean(axis=0)).rank(ascending=False))
    called = ranks <= top
    disputed = called.any(axis=1) & ~called.all(axis=1)
    return ranks[disputed].astype(int).sort_values("ensemble")
