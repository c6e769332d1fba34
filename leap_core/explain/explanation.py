"""Why a model predicts what it predicts of one perturbation.

Student, stable genes, and pathways, from the model alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from leap_core.arrays import Array, Ints
from leap_core.errors import UserError
from leap_core.explain.activity import mean_activity, rank_activity
from leap_core.explain.biomarkers import biomarker_correlations
from leap_core.explain.enrichment import PATHWAY_COLUMNS, gene_ranking, over_representation, ranked_gsea
from leap_core.explain.groups import groups_of
from leap_core.explain.stability import Stability, StabilitySettings, stability_selection
from leap_core.explain.student import Student, centred_per_fold, fit_student
from leap_core.io.gene_sets import GeneSets
from leap_core.panel.status import OK
from leap_core.run.mapping import Done, Mapper, SerialMapper, nothing
from leap_core.run.seeds import seed_of
from leap_core.services.models import Model

ABOUT_THE_MODEL = (
    "This is about the model, not about the biology: which genes the ensemble's predictions can be rebuilt from."
)
STABILITY_COLUMNS = (
    "perturbation",
    "feature",
    "kind",
    "proportion",
    "selected",
    "sign",
    "coefficient",
    "group",
    "group_proportion",
    "penalty",
    "threshold",
    "bound",
    "fidelity_r2",
    "faithful",
)


@dataclass(frozen=True)
class Explanation:
    """What stands behind one perturbation's predictions.

    Attributes
    ----------
    perturbation
        Its name.
    student, stability
        On the model's genes.
    genes
        Names of those.
    groups, group_proportions
        (g,) from `leap_core.explain.groups.groups_of`.
    pathway_student
        By score (``mean z``, ``rank``): a student on the activity of gene sets; empty without sets.
    set_names
        Sets that the pathway students choose from.
    pathways
        Enriched sets, both methods.
    """

    perturbation: str
    student: Student
    stability: Stability
    genes: tuple[str, ...]
    groups: Ints
    group_proportions: Array
    pathway_student: dict[str, Student]
    set_names: tuple[str, ...]
    pathways: pd.DataFrame

    def table(self) -> pd.DataFrame:
        """`STABILITY_COLUMNS` of every gene that some half selects, highest proportion first."""
        found = self.stability
        table = pd.DataFrame(
            {
                "perturbation": self.perturbation,
                "feature": self.genes,
                "kind": "gene",
                "proportion": found.proportions,
                "selected": found.stable,
                "sign": found.signs,
                "coefficient": self.student.weights,
                "group": self.groups,
                "group_proportion": self.group_proportions,
                "penalty": found.penalty,
                "threshold": found.threshold,
                "bound": found.bound(),
                "fidelity_r2": self.student.r2,
                "faithful": self.student.faithful,
            },
            columns=list(STABILITY_COLUMNS),
        )
        return table[table["proportion"] > 0].sort_values(
            ["proportion", "feature"], ascending=[False, True], kind="stable", ignore_index=True
        )

    def pathway_weights(self) -> pd.DataFrame:
        """Weights of the pathway students: ``perturbation, gene_set, score, coefficient, fidelity_r2, faithful``.

        Those that are not zero.
        """
        parts = [
            pd.DataFrame(
                {
                    "perturbation": self.perturbation,
                    "gene_set": self.set_names,
                    "score": score,
                    "coefficient": student.weights,
                    "fidelity_r2": student.r2,
                    "faithful": student.faithful,
                }
            )
            for score, student in self.pathway_student.items()
        ]
        if not parts:
            return pd.DataFrame(columns=["perturbation", "gene_set", "score", "coefficient", "fidelity_r2", "faithful"])
        table = pd.concat(parts, ignore_index=True)
        return table[table["coefficient"] != 0].sort_values(
            ["score", "coefficient"],
            key=lambda column: column.abs() if column.name == "coefficient" else column,
            ascending=[True, False],
            ignore_index=True,
        )


def explain(
    model: Model,
    perturbation: str,
    gene_sets: GeneSets | None = None,
    settings: StabilitySettings | None = None,
    mapper: Mapper | None = None,
    done: Done = nothing,
) -> Explanation:
    """Explain one perturbation of a model.

    Parameters
    ----------
    model, perturbation
        What is explained.
    gene_sets
        For pathways; None leaves them out.
    settings, mapper, done
        See `leap_core.explain.stability.stability_selection`.

    Raises
    ------
    UserError
        If the model has no such perturbation, or could not learn it.
    """
    settings = settings or settings_of(model, perturbation)
    folds = model.ensemble.folds
    teacher = centred_per_fold(model.ensemble.out_of_fold[:, _position(model, perturbation)], folds)
    features = model.reference.standardised.T.astype(np.float64)
    genes = model.ensemble.standardiser.genes
    mapper = mapper or SerialMapper()
    stability = stability_selection(features, teacher, settings, mapper, done=done)
    groups, shares = groups_of(features, stability.halves)
    sets = {} if gene_sets is None else gene_sets.among(genes)
    activities = {"mean z": mean_activity, "rank": rank_activity} if sets else {}
    of_sets = [activity(features, list(genes), sets) for activity in activities.values()]
    fit = partial(fit_student, teacher=teacher, folds=folds, settings=settings)
    student, *others = mapper.map(fit, [features, *of_sets])
    return Explanation(
        perturbation,
        student,
        stability,
        genes,
        groups,
        shares,
        dict(zip(activities, others, strict=True)),
        tuple(sets),
        _pathways(stability, features, teacher, genes, sets, settings.seed),
    )


def _position(model: Model, perturbation: str) -> int:
    """Where a perturbation that was learnt stands in the model."""
    names = list(model.ensemble.perturbations)
    if perturbation not in names:
        raise UserError(f"{model.name} has no perturbation called {perturbation!r}.")
    status = str(model.table.loc[perturbation, "status"])
    if status != OK:
        raise UserError(f"{perturbation} has no model that could be explained: {status}.")
    return names.index(perturbation)


def settings_of(model: Model, perturbation: str) -> StabilitySettings:
    """Settings of stability selection by default: halves follow the data and the perturbation."""
    return StabilitySettings(seed=seed_of("explanation", model.panel.release, perturbation))


def biomarkers(model: Model, found: Explanation, most: int = 5) -> pd.DataFrame:
    """The most stable genes of an explanation against the measured response of the panel.

    They were chosen on these very lines: the correlations describe the panel, they are no test.

    Returns
    -------
    pandas.DataFrame
        Index genes, the most stable first, at most `most`; ``proportion``, ``group_proportion``, ``selected``, ``sign``
        and the columns of `leap_core.explain.biomarkers.biomarker_correlations`.
    """
    table = found.table().head(most).set_index("feature")[["proportion", "group_proportion", "selected", "sign"]]
    lines = model.panel.lines
    return table.join(
        biomarker_correlations(
            model.panel.expression[table.index.tolist()],
            model.panel.response[found.perturbation].to_numpy(dtype=float),
            lines["lineage"].tolist(),
            lines["patient"].tolist(),
        )
    )


def stability_tables(explanations: Sequence[Explanation]) -> pd.DataFrame:
    """`STABILITY_COLUMNS` of several explanations, one under the other."""
    tables = [one.table() for one in explanations]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=list(STABILITY_COLUMNS))


def pathway_tables(explanations: Sequence[Explanation]) -> pd.DataFrame:
    """Enriched sets of several explanations, one under the other, the perturbation first."""
    tables = [one.pathways.assign(perturbation=one.perturbation) for one in explanations]
    table = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=["perturbation", *PATHWAY_COLUMNS])
    return table[["perturbation", *PATHWAY_COLUMNS]]


def shared_mechanisms(explanations: Sequence[Explanation], max_fdr: float = 0.05) -> pd.DataFrame:
    """Gene sets by perturbations: -log10 of the lower false discovery rate of the two methods, at most 4.

    Returns
    -------
    pandas.DataFrame
        Sets that reach `max_fdr` for some perturbation, those shared by most perturbations first; a column per
        perturbation.
    """
    table = pathway_tables(explanations)
    if table.empty:
        return pd.DataFrame(index=pd.Index([], name="gene_set"))
    fdr = (
        table.assign(fdr=table["fdr"].astype(float))
        .pivot_table(index="gene_set", columns="perturbation", values="fdr", aggfunc="min")
        .fillna(1.0)
    )
    fdr = fdr.reindex(columns=pd.Index([one.perturbation for one in explanations], name="perturbation")).fillna(1.0)
    reached = (fdr <= max_fdr).sum(axis=1)
    lowest = fdr.min(axis=1).astype(float).to_dict()
    order = sorted(fdr.index[reached > 0], key=lambda name: (-int(reached[name]), lowest[name], str(name)))
    return pd.DataFrame(
        -np.log10(np.maximum(fdr.loc[order].to_numpy(dtype=float), 1e-4)),
        index=pd.Index(order, name="gene_set"),
        columns=fdr.columns,
    )


def contributions(model: Model, perturbation: str, sample: pd.DataFrame) -> pd.Series:
    """Exact contribution of every gene to a sample's prediction, and the ``intercept``; they sum to it.

    The whole ensemble is one linear map of standardised expression (docs/methods.md#one-linear-map); a contribution is
    against a gene at the panel's mean (where the recipe centres lines: at the line's own level).

    Parameters
    ----------
    sample
        (1, genes) in the model's unit.
    """
    weights = model.ensemble.linear_weights([perturbation])[perturbation]
    standardised = model.ensemble.standardiser.transform(sample)[0].astype(np.float64)
    parts = weights.copy()
    parts.iloc[:-1] = weights.iloc[:-1].to_numpy() * standardised
    return parts


def _pathways(
    stability: Stability,
    features: Array,
    teacher: Array,
    genes: tuple[str, ...],
    sets: dict[str, frozenset[str]],
    seed: int,
) -> pd.DataFrame:
    stable = [gene for gene, chosen in zip(genes, stability.stable, strict=True) if chosen]
    rank = _ranking(stability, features, teacher, genes)
    tables = [over_representation(stable, genes, sets), ranked_gsea(rank, sets, seed)]
    filled = [table for table in tables if len(table)]
    return pd.concat(filled, ignore_index=True) if filled else tables[0]


def _ranking(stability: Stability, features: Array, teacher: Array, genes: tuple[str, ...]) -> pd.Series:
    spread = features.std(axis=1) * teacher.std() * len(teacher)
    correlation = np.divide(features @ (teacher - teacher.mean()), spread, out=np.zeros(len(genes)), where=spread > 0)
    return gene_ranking(stability.proportions, stability.signs, correlation, genes)


def ranking_of(model: Model, found: Explanation) -> pd.Series:
    """The genes of an explanation in the order that pre-ranked GSEA went through (see `gene_ranking`)."""
    teacher = centred_per_fold(
        model.ensemble.out_of_fold[:, _position(model, found.perturbation)], model.ensemble.folds
    )
    return _ranking(found.stability, model.reference.standardised.T.astype(np.float64), teacher, found.genes)
