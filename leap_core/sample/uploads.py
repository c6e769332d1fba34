"""One or several files of a user as samples to score: read, put together, and pooled as the user wants."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from leap_core.errors import FilesRefusedError, SampleError, UserError
from leap_core.genes.names import GeneNames
from leap_core.io.tables import UPLOAD_LIMIT, SizeLimit
from leap_core.sample.pooling import KEEP, merged, pooled
from leap_core.sample.profiles import Profiles, ReadOptions, read_profiles

# A name, and a path or the content.
Source = tuple[str, Path | bytes]


def named_files(paths: Sequence[Path]) -> list[tuple[str, Path]]:
    """Each file with its name as text, which is told by its folder where several files are called alike.

    Salmon, kallisto and RSEM call the file of every sample the same. A name that is none in the computer's encoding
    could be written nowhere.
    """
    folders = [_written(path.absolute().parts[:-1]) for path in paths]
    names = [_written([path.name])[0] for path in paths]
    found = []
    for name, own, path in zip(names, folders, paths, strict=True):
        others = [one for other, one in zip(names, folders, strict=True) if other == name and one != own]
        # The last part of the way that none of the others has in its place, counted from the file.
        telling = [part for place, part in enumerate(reversed(own)) if all(_other(one, place, part) for one in others)]
        found.append((f"{telling[0]}/{name}" if others and telling else name, path))
    return found


def _written(parts: Sequence[str]) -> list[str]:
    return [part.encode("utf-8", "replace").decode() for part in parts]


def _other(folders: Sequence[str], place: int, part: str) -> bool:
    return place >= len(folders) or folders[-1 - place] != part


def read_uploads(
    sources: Sequence[Source],
    known_genes: set[str],
    names: GeneNames,
    options: ReadOptions | None = None,
    pool: str = KEEP,
    limit: SizeLimit = UPLOAD_LIMIT,
) -> Profiles:
    """Read files of samples.

    Parameters
    ----------
    sources
        At least one.
    known_genes, names, options
        As in `leap_core.sample.profiles.read_profiles`; the options hold for every file.
    pool
        What becomes of several samples: a key of `leap_core.sample.pooling.POOLING`.
    limit
        For each file; the sizes of all together are held to that of one.

    Raises
    ------
    ChoiceNeededError
        If the only file can be read in more than one way.
    UnreadableTableError, SampleError
        If no file can be read: with what was found, what was expected, and the way out; every file is named.
    """
    if not known_genes and not names.approved:
        raise SampleError(
            "There is no model and no table of gene names, so no gene can be recognised. Train a model, or fetch the"
            " table: leap download identifiers."
        )
    _check_size(sources, limit)
    if len(sources) == 1:
        name, source = sources[0]
        return pooled(read_profiles(source, name, known_genes, names, options, limit), pool)
    found: list[Profiles] = []
    refused: list[tuple[str, str]] = []
    for name, source in sources:
        try:
            found.append(read_profiles(source, name, known_genes, names, options, limit))
        except UserError as error:
            # One bad file, or one that asks, keeps nobody from reading the others.
            refused.append((name, str(error)))
    if not found:
        raise FilesRefusedError(tuple(refused))
    return replace(pooled(merged(found), pool), refused=tuple(refused))


def _check_size(sources: Sequence[Source], limit: SizeLimit) -> None:
    sizes = [source.stat().st_size if isinstance(source, Path) and source.is_file() else 0 for _, source in sources]
    total = sum(sizes) + sum(len(source) for _, source in sources if isinstance(source, bytes))
    if total > limit.file_bytes:
        raise SampleError(
            f"The {len(sources)} files have {total / 2**20:,.0f} MB together; the limit is"
            f" {limit.file_bytes / 2**20:,.0f} MB."
        )
