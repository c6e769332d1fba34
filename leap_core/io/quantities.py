"""One sample's many columns: counts beside TPM and FPKM, three strands of the same reads, limits of confidence."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

TPM, FPKM, CPM, COUNTS, SIGNAL, OTHER = "TPM", "FPKM", "CPM", "counts", "signal", "other"
LOGARITHMS = "logarithms"
# The order in which one of several is taken: what the models know, then what one factor turns into it.
_PREFERENCE = (TPM, FPKM, CPM, LOGARITHMS, COUNTS, SIGNAL)

_STRANDS = r"(stranded[ _.-]?)?(first|second|forward|reverse|sense|antisense)([ _.-]?strand)?|stranded"
_WORDS: tuple[tuple[str, str], ...] = (
    (
        OTHER,
        r"[fr]pkm[ _.-]?(conf|status|se|std|ci)\w*([ _.-]?(lo|hi|low|high))?|(conf|ci)[ _.-]?(lo|hi|low|high|\d+)\w*",
    ),
    (
        OTHER,
        r"(effective|eff|gene|transcript)?[ _.-]?len(gth)?s?|width|status|cov(erage)?|iso[ _.-]?pct|class[ _.-]?code",
    ),
    (
        OTHER,
        r"(detection|present|absent)?[ _.-]?(p[ _.-]?val(ue)?|call|flag)s?|std(dev|[ _.-]?err)?|quality|tss[ _.-]?id",
    ),
    (OTHER, r"(pme|posterior)[ _.-]?(mean[ _.-]?)?(count|tpm|fpkm)s?\w*|(tpm|fpkm)[ _.-]?(ci|coefficient)\w*"),
    # Once more where what it was taken of stands beside it.
    (LOGARITHMS, r"(log2?|ln|log10)[ _.-]?\(?[ _.-]?(tpm|[fr]pkm|cpm)([ _.-]?(\+|plus|p)[ _.-]?(1|one))?\)?"),
    (OTHER, r"(log2?|ln|log10)[ _.-]?\(?[ _.-]?counts?([ _.-]?(\+|plus|p)[ _.-]?(1|one))?\)?"),
    (OTHER, rf"counts?[ _.-]?({_STRANDS})"),
    (
        TPM,
        r"[pn]?tpms?([ _.-]?(unstrand(ed)?|value)s?)?|abundances?|transcripts?[ _.-]per[ _.-]million|"
        r"scaled[ _.-]?estimates?",
    ),
    (FPKM, r"[fr]pkms?([ _.-]?uq)?([ _.-]?(unstrand(ed)?|value)s?)?"),
    (CPM, r"cpms?"),
    (
        COUNTS,
        r"((est|estimated|expected|raw|read|reads|unique|total|normali[sz]ed|norm|num)[ _.-]?)?(gene[ _.-]?)?"
        r"(counts?|num[ _.-]?reads)([ _.-]?(unstranded|raw))?|unstranded|raw|"
        r"((unique|total)[ _.-]?)?(gene[ _.-]?)?reads",
    ),
    (SIGNAL, r"(avg|average|mean)[ _.-]?signal|signal"),
    # Whatever was done to them; the reads themselves stand beside it.
    (OTHER, r"norm(ali[sz]ed)?([ _.-]?(values?|expression))?"),
    # CLC's own, which repeats one of the others.
    (OTHER, r"expression[ _.-]values?"),
    # Last: samples may be called first and second.
    (OTHER, _STRANDS),
)
_SEPARATOR = r"[ _.:|/()\[\]-]"
_PATTERNS = tuple(
    (
        quantity,
        re.compile(
            rf"^(?:(?P<before>.*?){_SEPARATOR}+)??(?:{words})(?:{_SEPARATOR}+(?P<after>.*?))?{_SEPARATOR}*$", re.I
        ),
    )
    for quantity, words in _WORDS
)


@dataclass(frozen=True)
class Titled:
    """A title split into the sample it names and the quantity.

    Attributes
    ----------
    sample
        What is left of the title; empty where it names the quantity only.
    quantity
        One of the quantities of this module; None where the title names none.
    """

    sample: str
    quantity: str | None


@dataclass(frozen=True)
class Chosen:
    """Which column of each sample is its expression.

    Attributes
    ----------
    positions
        One for each sample, among the titles given.
    samples
        Names; empty where the file's own name must do.
    quantity
        What was taken.
    left_out
        Titles of the other columns.
    lengths
        Positions of the samples' own columns of lengths, where counts were taken and there are such.
    """

    positions: tuple[int, ...]
    samples: tuple[str, ...]
    quantity: str
    left_out: tuple[str, ...]
    lengths: tuple[int, ...] = ()


def titled(title: str) -> Titled:
    """Split a title: ``P1_FPKM``, ``counts.P1``, ``TPM``."""
    for quantity, pattern in _PATTERNS:
        if match := pattern.match(title.strip()):
            parts = [part for part in (match.group("before"), match.group("after")) if part]
            sample = " ".join(parts)
            # The bracket before a separator was taken for one.
            return Titled(sample + ")" * (sample.count("(") > sample.count(")")), quantity)
    return Titled(title.strip(), None)


def is_quantity(label: str) -> bool:
    """Whether a label names a quantity alone: TPM, counts."""
    found = titled(label)
    return found.quantity is not None and not found.sample


def one_per_sample(titles: Sequence[str]) -> Chosen | None:
    """Take one column of each sample where the titles name several quantities of each; None where they do not.

    Parameters
    ----------
    titles
        Of the columns of numbers beside the gene names.
    """
    found = _with_unknown_words(titles, [titled(title) for title in titles])
    named = {one.sample.lower() for one in found if one.quantity is not None}
    groups: dict[str, list[int]] = {}
    for position, one in enumerate(found):
        if one.quantity is None and one.sample.lower() not in named:
            # A column that is a sample of its own: then the others are, too.
            return None
        groups.setdefault(one.sample.lower(), []).append(position)
    # A length that all samples share is a group of its own.
    groups = {
        sample: group for sample, group in groups.items() if any(found[place].quantity != OTHER for place in group)
    }
    kinds = {one.quantity for one in found}
    usable = [quantity for quantity in _PREFERENCE if quantity in kinds]
    if len(kinds) < 2 or not usable or any(len(group) < 2 for group in groups.values()):
        return None
    taken = {}
    for sample, group in groups.items():
        best = next((_of(found, group, quantity) for quantity in usable if _of(found, group, quantity)), [])
        if not best:
            return None
        taken[sample] = best[0]
    quantities = {found[position].quantity for position in taken.values()}
    if len(quantities) != 1:
        return None
    positions = tuple(sorted(taken.values()))
    left = tuple(title for position, title in enumerate(titles) if position not in positions)
    lengths = tuple(
        next((p for p in groups[found[position].sample.lower()] if _is_length(titles[p])), -1) for position in positions
    )
    quantity = str(found[positions[0]].quantity)
    return Chosen(
        positions,
        tuple(found[position].sample for position in positions),
        quantity,
        left,
        lengths if quantity == COUNTS and all(position >= 0 for position in lengths) else (),
    )


def _with_unknown_words(titles: Sequence[str], found: list[Titled]) -> list[Titled]:
    """Columns that repeat every sample under one and the same word that is not known, as those of another quantity."""
    samples = {one.sample for one in found if one.quantity is not None and one.sample}
    unknown = [place for place, one in enumerate(found) if one.quantity is None]
    words: dict[str, dict[str, int]] = {}
    for place in unknown:
        sample = max((one for one in samples if titles[place].startswith(one)), key=len, default="")
        word = titles[place].removeprefix(sample).strip(" _.:|/()[]-").lower()
        if not sample or not word or titles[place][len(sample)].isalnum():
            return found
        words.setdefault(word, {})[sample] = place
    if not unknown or any(set(places) != samples for places in words.values()) or len(samples) < 2:
        return found
    others = {place: sample for places in words.values() for sample, place in places.items()}
    return [Titled(others[place], OTHER) if place in others else one for place, one in enumerate(found)]


def _of(found: Sequence[Titled], group: Sequence[int], quantity: str) -> list[int]:
    return [position for position in group if found[position].quantity == quantity]


def _is_length(title: str) -> bool:
    return bool(re.search(r"len", title, re.IGNORECASE))
