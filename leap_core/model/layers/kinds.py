"""The kinds of layers that are kept: what a stored layer may be."""

from leap_core.model.layers.base import AffineLayer
from leap_core.model.layers.identity import IdentityLayer

LAYERS = (AffineLayer, IdentityLayer)
