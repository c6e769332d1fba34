"""Compile the solvers once, at installation (``python -m leap_core.regression.compile``).

Numba compiles at the first call, which takes about half a minute, and keeps the result beside the source.
Without this step the first training does the same, only later.
"""

from __future__ import annotations

import numpy as np

from leap_core.execution.mapping import SerialMapper
from leap_core.regression.lasso import LassoSettings


def main() -> None:
    """Fit a tiny problem with every compiled solver, with the types that training uses."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(40, 4)).astype(np.float32)
    response = random.normal(size=(40, 2)).astype(np.float32)
    folds = np.arange(40) % 5
    for settings in (LassoSettings(), LassoSettings(l1_ratio=0.5)):
        settings.fit_heads(latent, response, folds, SerialMapper())


if __name__ == "__main__":
    main()
