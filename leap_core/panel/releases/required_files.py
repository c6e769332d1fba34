"""Which files a panel of a source needs, and under which names they have been published."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from leap_core.panel.releases import recognition as kinds

DEPMAP, GDSC = "depmap", "gdsc"
TITLES = {DEPMAP: "DepMap", GDSC: "GDSC"}


@dataclass(frozen=True)
class RequiredFile:
    """A file that a panel is made of.

    Attributes
    ----------
    kind
        As `leap_core.panel.releases.recognition.recognise` tells it.
    names
        Names it has been published under, newest first.
    needed
        Whether there is no panel without it.
    why
        What it is for, in words.
    source
        Who publishes it; GDSC's lines are annotated by DepMap's table.
    any_release
        Whether that of any release will do.
    pattern
        Names of releases to come, as a regular expression; only where no checksum tells.
    """

    kind: str
    names: tuple[str, ...]
    needed: bool
    why: str
    source: str = DEPMAP
    any_release: bool = False
    pattern: str = ""

    def called_so(self, name: str) -> bool:
        """Whether a file of that name may be this one, where no checksum tells: many tables look alike."""
        return self.official(name) is not None or (
            bool(self.pattern) and re.fullmatch(self.pattern, _stem(name), re.IGNORECASE) is not None
        )

    def official(self, name: str) -> str | None:
        """Under which of its names a file was published; browsers add a number, archives an ending."""
        return next((own for own in self.names if _stem(own) == _stem(name)), None)


def _stem(name: str) -> str:
    """A file's name without endings and without what a browser added."""
    bare = re.sub(r"\.(csv|txt|tsv|xlsx|zip|gz)", "", name.strip().lower())
    return re.sub(r"\s*\(\d+\)$", "", bare)


_LINES = RequiredFile(kinds.LINES, ("Model.csv",), True, "patient, lineage and names of the lines")
_EXPRESSION = RequiredFile(
    kinds.EXPRESSION,
    (
        "OmicsExpressionTPMLogp1HumanProteinCodingGenes.csv",
        "OmicsExpressionProteinCodingGenesTPMLogp1.csv",
        "CCLE_expression.csv",
    ),
    True,
    "expression, log2(TPM+1), protein-coding genes",
)
_ESSENTIALS = RequiredFile(
    kinds.ESSENTIALS,
    ("CRISPRInferredCommonEssentials.csv",),
    False,
    "the release's own list of common essentials, for the selective genes",
)
_GENES = RequiredFile(
    kinds.GENES, ("Gene.csv",), False, "symbols, Ensembl, Entrez and HGNC ids as the release has them"
)

# By source and screen (its score type, for GDSC1 with that name before it): what the screen is called, and the files.
SCREENS: dict[str, dict[str, tuple[str, tuple[RequiredFile, ...]]]] = {
    DEPMAP: {
        "gene_effect": (
            "CRISPR gene effect",
            (
                _LINES,
                _EXPRESSION,
                RequiredFile(kinds.GENE_EFFECT, ("CRISPRGeneEffect.csv",), True, "CRISPR gene effect (Chronos)"),
                _ESSENTIALS,
                _GENES,
            ),
        ),
        "gene_dependency": (
            "CRISPR dependency probability",
            (
                _LINES,
                _EXPRESSION,
                RequiredFile(kinds.GENE_DEPENDENCY, ("CRISPRGeneDependency.csv",), True, "probability of dependency"),
                _ESSENTIALS,
                _GENES,
            ),
        ),
        "AUC": (
            "PRISM drug AUC",
            (
                replace(_LINES, any_release=True),
                replace(_EXPRESSION, any_release=True),
                RequiredFile(
                    kinds.DRUG_AUC, ("REPURPOSINGAUCMatrix.csv",), True, "area under the dose-response curve, PRISM"
                ),
                RequiredFile(
                    kinds.COMPOUNDS,
                    ("PortalCompounds.csv",),
                    False,
                    "names and targets of the compounds",
                    any_release=True,
                ),
            ),
        ),
    },
    GDSC: {
        f"{'gdsc1_' if screen == 1 else ''}{score}": (
            f"GDSC{screen} {words}",
            (
                RequiredFile(
                    kinds.LINES,
                    ("Model.csv",),
                    True,
                    "DepMap's annotation: patient, lineage, and which line a COSMIC id is",
                    any_release=True,
                ),
                RequiredFile(
                    kinds.RMA, ("Cell_line_RMA_proc_basalExp.txt",), True, "expression, RMA log2 of microarrays", GDSC
                ),
                RequiredFile(
                    kinds.DOSE_RESPONSE,
                    tuple(f"GDSC{screen}_fitted_dose_response_{ending}.xlsx" for ending in ("27Oct23", "24Jul22")),
                    True,
                    f"fitted dose responses of GDSC{screen}",
                    GDSC,
                    pattern=rf"GDSC{screen}_fitted_dose_response_\w+",
                ),
            ),
        )
        for screen in (2, 1)
        for score, words in (("ln_ic50", "ln IC50"), ("AUC", "AUC"))
    },
}


def score_of(screen: str) -> str:
    """Score type of a screen."""
    return screen.removeprefix("gdsc1_")


@dataclass(frozen=True)
class Terms:
    """Under which terms a source hands out its data, as far as a program can say.

    Attributes
    ----------
    text
        What the user is told before anything is fetched or read.
    page
        Where the source says it itself; its words count.
    """

    text: str
    page: str


TERMS = {
    DEPMAP: Terms(
        "DepMap's terms differ by release: most public releases are CC BY 4.0, others restrict commercial use or"
        " passing the data on. What counts is what the portal says of the release that you take. Cite the release, and"
        " the papers that its README names.",
        "https://depmap.org/portal/data_page/?tab=termsAndConditions",
    ),
    GDSC: Terms(
        "GDSC's data are for non-commercial research unless you hold a licence; they must not be passed on, and must be"
        " cited (Yang et al. 2013, Iorio et al. 2016).",
        "https://www.cancerrxgene.org/legal",
    ),
}
