"""Long tables, where every row is one gene of one sample: told by genes that repeat, whatever the titles are."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leap_core.arrays import Array
from leap_core.errors import ChoiceNeededError, SampleError
from leap_core.io.expression_table import DUPLICATES_IN_WORDS, ExpressionTable, some
from leap_core.io.header import counts_rows
from leap_core.io.quantities import is_quantity
from leap_core.io.roles import VALUES, CountGenes, column_roles
from leap_core.io.tables import labels_of

# Genes repeat in other tables, too (isoforms, old names): in a long one most of them do.
_REPEATED = 0.5
_ROWS_PER_GENE = 1.5
_MOST_SAMPLES = 5000


@dataclass(frozen=True)
class LongAnswers:
    """What only the user knows of a long table.

    Attributes
    ----------
    value, sample
        Columns that hold the expression and the samples, where several may.
    duplicates
        What becomes of several rows of one sample and gene: ``highest``, ``mean`` or ``sum``.
    """

    value: str | None = None
    sample: str | None = None
    duplicates: str = "highest"


def repeats(labels: Sequence[str]) -> bool:
    """Whether most labels stand in several rows each."""
    counts = pd.Series(labels, dtype=object).value_counts()
    return len(counts) > 1 and len(labels) > _ROWS_PER_GENE * len(counts) and float((counts > 1).mean()) > _REPEATED


def long_table(
    frame: pd.DataFrame, gene: int, name: str, count_genes: CountGenes, answers: LongAnswers
) -> ExpressionTable | None:
    """Turn a long table genes in rows; None if it is none.

    Parameters
    ----------
    frame
        From `leap_core.io.tables.read_columns`.
    gene
        Position of the gene names.
    name
        The file's name, for messages.
    count_genes
        Says how many of some labels are genes.
    answers
        What only the user knows.

    Raises
    ------
    ChoiceNeededError
        If several columns may be the samples, or the expression.
    SampleError
        If no column tells the rows of a gene apart, there is no column of numbers, or not the one that was asked for.
    """
    labels = labels_of(frame.iloc[:, gene])
    if not repeats(labels):
        return None
    found = _telling(frame, gene, labels, count_genes) if answers.sample is None else {}
    if answers.sample is None and not found:
        frame = _with_two_keys_joined(frame, gene, labels, name)
        found = _telling(frame, gene, labels, count_genes)
    sample = _sample_column(frame, gene, labels, name, found, answers.sample)
    if sample is None:
        return None
    column = _value_column(frame, gene, sample, name, count_genes, answers.value)
    return _pivoted(frame, (gene, sample, column), answers.duplicates)


def _pivoted(frame: pd.DataFrame, columns: tuple[int, int, int], duplicates: str) -> ExpressionTable:
    """The matrix of a long table, by the positions of its genes, samples and values."""
    gene, sample, column = columns
    genes, gene_labels = _codes(frame.iloc[:, gene])
    samples, sample_labels = _codes(frame.iloc[:, sample])
    numbers = frame.iloc[:, column].to_numpy(dtype=np.float64)
    usable = ~np.isnan(numbers) & (genes >= 0) & (samples >= 0)
    shape = (len(gene_labels), len(sample_labels))
    found, repeated = _gathered(numbers[usable], (genes[usable], samples[usable]), shape, duplicates)
    values = pd.DataFrame(found)
    values.columns = pd.Index(sample_labels, dtype=object)
    notes = [f"its column {frame.columns[column]} was taken, samples by its column {frame.columns[sample]}"]
    if repeated:
        notes.append(f"{repeated:,} pairs of sample and gene occur more than once; {DUPLICATES_IN_WORDS[duplicates]}")
    return ExpressionTable(
        values,
        tuple(gene_labels),
        "long table, a row for each sample and gene",
        True,
        None,
        tuple(notes),
        said=str(frame.columns[column]),
    )


def _sample_column(
    frame: pd.DataFrame,
    gene: int,
    labels: list[str],
    name: str,
    found: dict[int, npt.NDArray[np.intp]],
    asked: str | None,
) -> int | None:
    """The column that tells the rows of a gene apart; None where each row has a label of its own (transcripts)."""
    titles = [str(title) for title in frame.columns]
    if asked is not None:
        if asked not in titles:
            raise SampleError(f"{name} has no column {asked!r}; there are {', '.join(titles[:20])}.")
        return titles.index(asked)
    if found:
        return _one_of(found, titles, name)
    if len(set(labels_of(frame.iloc[:, 0]))) > 0.95 * len(labels) and gene != 0:
        return None
    raise SampleError(
        f"{name}: its genes stand in {len(labels) / len(set(labels)):.1f} rows each ({labels[0]} ...), and no column"
        " tells these rows apart. Upload a table with one column for each sample, or a long one with a column of sample"
        " names."
    )


def _telling(
    frame: pd.DataFrame, gene: int, labels: list[str], count_genes: CountGenes
) -> dict[int, npt.NDArray[np.intp]]:
    """Columns that tell the rows of a gene apart, with the code of each row."""
    genes = pd.factorize(pd.Series(labels))[0]
    copies = len(labels) / (genes.max() + 1)
    found: dict[int, npt.NDArray[np.intp]] = {}
    for position in range(frame.shape[1]):
        column = frame.iloc[:, position]
        if position == gene or (position and pd.api.types.is_float_dtype(column.dtype)):
            continue
        codes, names = pd.factorize(column.astype(object))
        many = len(names) > min(_MOST_SAMPLES, 4 * copies + 20) or len(names) < 2
        if many or count_genes([str(one) for one in names]) > 0.5 * len(names) > 10 or counts_rows(column.tolist()):
            continue
        pairs = len(np.unique(genes.astype(np.int64) * (len(names) + 1) + codes))
        if pairs > 0.95 * len(labels):
            found[position] = codes
    return found


def _with_two_keys_joined(frame: pd.DataFrame, gene: int, labels: list[str], name: str) -> pd.DataFrame:
    """The table with a column of two that only together tell the rows of a gene apart: line and replicate.

    Raises
    ------
    SampleError
        If one of the two says the unit of the row.
    """
    genes = pd.Series(labels)
    copies = len(labels) / max(genes.nunique(), 1)
    keys: dict[str, pd.Series] = {}
    for position, title in enumerate(map(str, frame.columns)):
        column = frame.iloc[:, position]
        if position != gene and not pd.api.types.is_float_dtype(column.dtype) and title not in keys:
            cells = column.astype(str)
            if 2 <= cells.nunique() <= copies and (cells.groupby(genes.to_numpy()).nunique() > 1).mean() > _REPEATED:
                keys[title] = cells
    for first, second in itertools.combinations(keys, 2):
        if not _tell_apart(genes, joined := keys[first] + " " + keys[second]):
            continue
        for title in (first, second):
            if all(is_quantity(label) for label in keys[title].unique()):
                raise SampleError(
                    f"{name} has rows of {' and '.join(keys[title].unique()[:4])} under one another (its column"
                    f" {title}). Keep the rows of one, and upload the table again."
                )
        # The two are text from here on: numbers of replicates are no expression.
        return frame.assign(**keys, **{f"{first} and {second}": joined.to_numpy()})
    return frame


def _tell_apart(genes: pd.Series, cells: pd.Series) -> bool:
    return float((genes + "\t" + cells.to_numpy()).duplicated().mean()) < 0.05


def _one_of(found: dict[int, npt.NDArray[np.intp]], titles: list[str], name: str) -> int:
    """The only column, or the first of several that say the same (an id and a name)."""
    first = next(iter(found))
    for position, codes in found.items():
        same = len(np.unique(found[first].astype(np.int64) * (codes.max() + 2) + codes))
        if same != found[first].max() + 1 or same != codes.max() + 1:
            raise ChoiceNeededError(
                f"{name} is a long table (a row for each sample and gene): which column names the samples?",
                tuple(titles[position] for position in found),
                "sample",
            )
    return first


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


def _value_column(
    frame: pd.DataFrame, gene: int, sample: int, name: str, count_genes: CountGenes, asked: str | None
) -> int:
    columns = [
        one
        for one in column_roles(frame, gene, count_genes, wide=False)
        if one.role == VALUES and one.position != sample and frame.iloc[:, one.position].nunique() > 1
    ]
    titles = [one.title for one in columns]
    if not columns:
        raise SampleError(
            f"{name} is a long table (a row for each sample and gene) without a column of numbers; expected expression."
        )
    if asked is None and len(columns) > 1:
        raise ChoiceNeededError(
            f"{name} is a long table with several columns of numbers: which of them is the expression?", tuple(titles)
        )
    if asked is not None and asked not in titles:
        raise SampleError(f"{name} has no column {asked!r} of numbers; there are {some(titles)}.")
    wanted = asked or titles[0]
    if titles.count(wanted) > 1:
        raise SampleError(f"{name} has several columns called {wanted!r}; give them different titles.")
    return columns[titles.index(wanted)].position
