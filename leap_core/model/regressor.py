"""The layered ensemble as a scikit-learn estimator: frames in, frame out, no store."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils import Tags, check_array
from sklearn.utils.validation import check_consistent_length, check_is_fitted, validate_data

from leap_core.errors import LeapError
from leap_core.model.catalogue import recipe_called
from leap_core.model.layers.device import resolve_device
from leap_core.model.stages import fit_ensemble
from leap_core.model.training import TrainingSet
from leap_core.panel.status import MINIMUM_LINES, response_status
from leap_core.run.mapping import ThreadMapper
from leap_core.run.runtime import Runtime
from leap_core.run.store import MemoryStore


class LeapRegressor(RegressorMixin, BaseEstimator):
    """Layered ensemble of representations and regressors (LEAP, arXiv 2502.15646) for many responses at once.

    Parameters
    ----------
    recipe
        Name of a recipe (`leap_core.model.catalogue.recipe_words`).
    folds
        Cross-validation folds K, which never tear a group apart.
    layers
        Number of layers, for recipes of one kind of layer; None: the recipe's.
    calls
        Whether responses are calls (0 or 1) rather than scores.
    min_lines
        Responses with fewer measured lines are not learnt: they are predicted as NaN.
    random_state
        Root of every random number; the same number gives the same bits.
    n_jobs
        Threads; None: one per core. Changes the time, never a result.
    device
        ``"auto"``, ``"cpu"`` or ``"cuda"``, for recipes with trained autoencoders.

    Attributes
    ----------
    ensemble_ : leap_core.model.ensemble.FittedEnsemble
        The fitted ensemble.
    out_of_fold_ : numpy.ndarray
        (n, p) float32: each line's prediction by the models of the fold that it was held out of.
    status_ : numpy.ndarray
        (p,) text: ``ok``, or why a response was not learnt.
    n_features_in_ : int
        Number of genes.
    feature_names_in_ : numpy.ndarray
        Their names, where `X` was a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from leap_core import LeapRegressor
    >>> random = np.random.default_rng(0)
    >>> X = random.normal(size=(60, 40))
    >>> Y = X[:, :3] @ random.normal(size=(3, 5)) + 0.1 * random.normal(size=(60, 5))
    >>> Y[0, 0] = np.nan  # not screened
    >>> LeapRegressor(folds=3).fit(X[:50], Y[:50]).predict(X[50:]).shape
    (10, 5)

    Lines of one patient are held out together:

    >>> from sklearn.model_selection import GroupKFold, cross_val_score
    >>> patients = np.arange(60) // 2
    >>> cross_val_score(LeapRegressor(folds=3), X, Y, groups=patients, cv=GroupKFold(3)).shape
    (3,)
    """

    def __init__(
        self,
        recipe: str = "leap-best",
        *,
        folds: int = 5,
        layers: int | None = None,
        calls: bool = False,
        min_lines: int = MINIMUM_LINES,
        random_state: int = 0,
        n_jobs: int | None = None,
        device: str = "auto",
    ) -> None:
        self.recipe = recipe
        self.folds = folds
        self.layers = layers
        self.calls = calls
        self.min_lines = min_lines
        self.random_state = random_state
        self.n_jobs = n_jobs
        self.device = device

    def fit(self, X: Any, y: Any, groups: Any = None) -> LeapRegressor:
        """Fit every layer and head.

        Parameters
        ----------
        X
            (n, genes) expression in one logarithmic unit; frame or array. NaN = missing.
        y
            (n, p) or (n,) responses; frame, series or array. NaN = not screened.
        groups
            (n,) patient of each line; None: every line is its own.

        Raises
        ------
        ValueError
            If the data cannot be split or nothing varies.
        """
        expression = self._expression(X, reset=True)
        response = self._response(y)
        check_consistent_length(expression, response)
        patients = expression.index.astype(str) if groups is None else pd.Index(np.asarray(groups)).astype(str)
        check_consistent_length(expression, patients)
        recipe = replace(recipe_called(self.recipe, self.layers), folds=self.folds, seed=self.random_state)
        values = response.to_numpy()
        status = response_status(values, self.calls, self.min_lines)
        data = TrainingSet(expression, values, tuple(patients), expression.iloc[:0], self.calls, status)
        device = resolve_device(self.device, recipe.uses_device)
        mapper = ThreadMapper() if self.n_jobs is None else ThreadMapper(self.n_jobs)
        names = [str(name) for name in response.columns]
        try:
            self.ensemble_, _ = fit_ensemble(data, recipe, names, True, Runtime(MemoryStore(), mapper, device))
        except LeapError as error:
            raise ValueError(str(error)) from error
        self.out_of_fold_, self.status_ = self.ensemble_.out_of_fold, status
        return self

    def predict(self, X: Any) -> Any:
        """Predict lines (m, genes): a frame for a frame, an array for an array, one dimension for a `y` of one.

        Each line is predicted by itself: its prediction does not depend on the lines beside it.
        """
        check_is_fitted(self)
        expression = self._expression(X, reset=False)
        predicted = self.ensemble_.predict(expression).predicted.astype(np.float64)
        if isinstance(X, pd.DataFrame):
            found = predicted.set_axis(X.index, axis=0)
            return found.iloc[:, 0] if self._one_dimension else found
        values = predicted.to_numpy()
        return values[:, 0] if self._one_dimension else values

    def score(self, X: Any, y: Any, sample_weight: None = None) -> float:
        """Mean over responses of R2 over the lines that were measured; constant ones are left out."""
        if sample_weight is not None:
            raise ValueError("LeapRegressor weighs every line alike; sample_weight must be None.")
        measured = np.asarray(y, dtype=np.float64).reshape(len(y), -1)
        predicted = np.asarray(self.predict(X), dtype=np.float64).reshape(len(y), -1)
        residual = np.nansum(np.square(measured - predicted), axis=0)
        total = np.nansum(np.square(measured - np.nanmean(measured, axis=0)), axis=0)
        varies = total > 0
        return float(np.mean(1.0 - residual[varies] / total[varies])) if varies.any() else float("nan")

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        tags.input_tags.allow_nan = True
        return tags

    def _expression(self, X: Any, reset: bool) -> pd.DataFrame:
        """`X` as a frame of float32, with names for genes and lines."""
        # Two lines and two genes are the least that anything can be learnt of.
        least = {"ensure_min_samples": 2, "ensure_min_features": 2} if reset else {}
        values = validate_data(self, X, reset=reset, dtype=np.float32, ensure_all_finite="allow-nan", **least)
        names = getattr(self, "feature_names_in_", None)
        genes = [f"gene {number}" for number in range(values.shape[1])] if names is None else names
        lines = X.index if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(values))
        return pd.DataFrame(values, lines, pd.Index(genes))

    def _response(self, y: Any) -> pd.DataFrame:
        """`y` as a frame of float32."""
        if y is None:
            raise ValueError("This LeapRegressor estimator requires y to be passed, but the target y is None.")
        values = check_array(y, ensure_all_finite="allow-nan", ensure_2d=False, dtype=np.float32, input_name="y")
        if np.isnan(values).all():
            raise ValueError("Input y contains NaN only: no response was measured.")
        self._one_dimension = values.ndim == 1
        columns = y.columns if isinstance(y, pd.DataFrame) else None
        return pd.DataFrame(values.reshape(len(values), -1), columns=columns)
