"""Long tables, where every row is one gene of one sample."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.io.expression_table import ANNOTATION, DUPLICATES_IN_WORDS, ExpressionTable
from leap_core.io.tables import first_of, labels_of

_SAMPLE_TITLES = (
    "model_name cell_line_name cell_line sample_name sample sample_id model_id modelid depmap_id model line cell"
)
_GENE_TITLES = (
    "gene gene_symbol symbol hgnc_symbol hugo_symbol gene_name ensembl_gene_id ensembl_id entrez_id entrez_gene_id"
    " gene_id"
)


def long_table(
    frame: pd.DataFrame, titles: list[str], name: str, value: str | None, duplicates: str
) -> ExpressionTable | None:
    """Turn a long table genes in rows; None if it is none.

    Parameters
    ----------
    frame
        From `leap_core.io.tables.read_columns`.
    titles
        Its titles in lower case.
    name
        The file's name, for messages.
    value
        Column that holds the expression, where it has several of numbers.
    duplicates
        What becomes of several rows of one sample and gene: ``highest``, ``mean`` or ``sum``.

    Raises
    ------
    ChoiceNeededError
        If several columns may be the expression.
    SampleError
        If there is no column of numbers, or not the one that was asked for.
    """
    sample, gene = first_of(_SAMPLE_TITLES, titles), first_of(_GENE_TITLES, titles)
    if sample is None or gene is None or frame.shape[1] > 60 or not frame.iloc[:, gene].duplicated().any():
        return None
    column = _value_column(frame, {sample, gene}, name, value)
    genes, gene_labels = _codes(frame.iloc[:, gene])
    samples, sample_labels = _codes(frame.iloc[:, sample])
    numbers = frame[column].to_numpy(dtype=np.float64)
    usable = np.isfinite(numbers) & (genes >= 0) & (samples >= 0)
    shape = (len(gene_labels), len(sample_labels))
    found, repeated = _gathered(numbers[usable], (genes[usable], samples[usable]), shape, duplicates)
    values = pd.DataFrame(found)
    values.columns = pd.Index(sample_labels, dtype=object)
    notes = [f"its column {column} was taken"]
    if repeated:
        notes.append(f"{repeated:,} pairs of sample and gene occur more than once; {DUPLICATES_IN_WORDS[duplicates]}")
    return ExpressionTable(
        values, tuple(gene_labels), "long table, a row for each sample and gene", True, None, tuple(notes)
    )


def _gathered(
    numbers: Array, place: tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]], shape: tuple[int, int], duplicates: str
) -> tuple[Array, int]:
    """Numbers at their places in a matrix, NaN where there is none, and how many places have several."""
    seen = np.zeros(shape)
    np.add.at(seen, place, 1)
    found = np.full(shape, -np.inf if duplicates == "highest" else 0.0)
    (np.maximum if duplicates == "highest" else np.add).at(found, place, numbers)
    if duplicates == "mean":
        found /= np.maximum(seen, 1)
    return np.where(seen > 0, found, np.nan), int((seen > 1).sum())


def _codes(labels: pd.Series) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Code of each row and the labels the codes stand for; -1 where there is none. Labels are cleaned once each."""
    raw, names = pd.factorize(labels)
    cleaned, unique = pd.factorize(np.array(labels_of(names), dtype=object))
    return np.where(raw >= 0, cleaned[raw], -1) if len(names) else raw, [str(name) for name in unique]


def _value_column(frame: pd.DataFrame, taken: set[int], name: str, value: str | None) -> str:
    choices = [
        str(frame.columns[position])
        for position in range(frame.shape[1])
        if position not in taken
        and pd.api.types.is_numeric_dtype(frame.iloc[:, position].dtype)
        and not ANNOTATION.match(str(frame.columns[position]))
    ]
    if not choices:
        raise SampleError(
            f"{name} is a long table (a row for each sample and gene) without a column of numbers; expected expression."
        )
    if value is None and len(choices) > 1:
        raise ChoiceNeededError(
            f"{name} is a long table with several columns of numbers: which of them is the expression?", tuple(choices)
        )
    if value is not None and value not in choices:
        raise SampleError(f"{name} has no column {value!r} of numbers; there are {', '.join(choices)}.")
    if list(frame.columns).count(value or choices[0]) > 1:
        raise SampleError(f"{name} has several columns called {value or choices[0]!r}; give them different titles.")
    return value or choices[0]
