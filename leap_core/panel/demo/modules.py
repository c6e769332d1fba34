"""What a gene module is, and the three sorts of module of the simulated panel."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneModule:
    """Genes that share a resting level and respond to the same things.

    Attributes
    ----------
    name
        Name of the module; subtypes switch it on by this name.
    level, spread
        Mean and standard deviation over genes of the resting level, log2(TPM).
    gain
        Rise of log2(TPM) where a subtype's activity of this module is 1.
    programme, loading
        Latent programme that also moves the module, and the change of log2(TPM) per unit of it.
    noise
        Standard deviation of what is private to one gene in one line, log2(TPM).
    genes
        Approved HGNC symbols.
    """

    name: str
    level: float
    spread: float
    gain: float
    programme: str
    loading: float
    noise: float
    genes: tuple[str, ...]


def steady(name: str, level: float, genes: str, programme: str = "", loading: float = 0.0) -> GeneModule:
    """Return a module that every line expresses, with little variation."""
    return GeneModule(name, level, 0.8, 0.0, programme, loading, 0.28, tuple(genes.split()))


def marker(name: str, genes: str, gain: float = 7.0, programme: str = "", loading: float = 0.0) -> GeneModule:
    """Return a module that is off unless the lineage switches it on."""
    return GeneModule(name, -2.2, 0.9, gain, programme, loading, 0.7, tuple(genes.split()))


def varied(name: str, level: float, programme: str, loading: float, genes: str, gain: float = 1.5) -> GeneModule:
    """Return a module that all lines express more or less, moved by a latent programme."""
    return GeneModule(name, level, 1.1, gain, programme, loading, 0.55, tuple(genes.split()))
