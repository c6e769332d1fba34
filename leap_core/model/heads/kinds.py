"""The kinds of heads that are kept: what stored heads may be."""

from leap_core.model.heads.base import Heads, LinearHeads
from leap_core.model.heads.kernel import KernelHeads
from leap_core.model.heads.knn import NeighbourHeads
from leap_core.model.heads.multitarget.factored import FactoredHeads
from leap_core.model.heads.networks import MLPHeads, PanMLPHeads
from leap_core.model.heads.trees import PanTreeHeads, TreeHeads

HEADS: list[type[Heads]] = [
    LinearHeads,
    FactoredHeads,
    KernelHeads,
    NeighbourHeads,
    TreeHeads,
    MLPHeads,
    PanTreeHeads,
    PanMLPHeads,
]
