"""Compile once, at installation, what is compiled (``python -m leap_core.compile``).

Numba compiles at the first call, which takes about half a minute, and keeps the result beside the source.
Without this step the first training does the same, only later.
"""

from __future__ import annotations

import numpy as np

from leap_core.ensemble.percentile import varying, weaker_share
from leap_core.execution.mapping import SerialMapper
from leap_core.regression.lasso import LassoSettings


def main() -> None:
    """Run everything that is compiled on a tiny problem, with the types that are used later."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(40, 4)).astype(np.float32)
    response = random.normal(size=(40, 2)).astype(np.float32)
    folds = np.arange(40) % 5
    for settings in (LassoSettings(), LassoSettings(l1_ratio=0.5)):
        settings.fit_heads(latent, response, folds, SerialMapper())
    varying(response)
    weaker_share(response, folds, response[:5], True)


if __name__ == "__main__":
    main()
