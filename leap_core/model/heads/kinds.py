"""The kinds of heads that are kept: what stored heads may be."""

from leap_core.model.heads.base import LinearHeads
from leap_core.model.heads.kernel import KernelHeads
from leap_core.model.heads.knn import NeighbourHeads
from leap_core.model.heads.multitarget.factored import FactoredHeads
from leap_core.model.heads.networks.networks import NetworkHeads
from leap_core.model.heads.networks.pan_networks import PanNetworkHeads
from leap_core.model.heads.trees.pan_trees import PanTreeHeads
from leap_core.model.heads.trees.trees import TreeHeads

HEADS = (
    LinearHeads,
    FactoredHeads,
    KernelHeads,
    NeighbourHeads,
    TreeHeads,
    NetworkHeads,
    PanTreeHeads,
    PanNetworkHeads,
)
