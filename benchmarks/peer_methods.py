"""What others use for the same task, each as its library gives it: expression of lines in, response of lines out.

Every method gets standardised expression of training lines (n, p), their response (n, q) with NaN where a line was not
screened, their patients (n,) and the expression of test lines (m, p); it returns predictions (m, q). Penalties are
chosen by cross-validation in which no patient is on both sides.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator

import numpy as np
import torch
from lightgbm import LGBMRegressor
from sklearn.base import RegressorMixin
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from sklearn.kernel_ridge import KernelRidge
from sklearn.linear_model import ElasticNetCV
from sklearn.model_selection import GridSearchCV, GroupKFold

Method = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Cuts = list[tuple[np.ndarray, np.ndarray]]
FOLDS, THREADS = 5, 2
COMPONENTS = 100
# The network: epochs without a gain before it stops, of at most so many.
PATIENCE, EPOCHS = 20, 300


def elastic_net(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Elastic net per perturbation, half LASSO and half ridge, 20 penalties."""
    return _one_by_one(
        lambda cuts: ElasticNetCV(l1_ratio=0.5, alphas=20, cv=cuts, tol=1e-3, n_jobs=THREADS), x, y, patients, test
    )


def random_forest(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Random forest per perturbation: 100 trees, a tenth of the genes at each split."""
    return _one_by_one(
        lambda cuts: RandomForestRegressor(100, max_features=0.1, min_samples_leaf=3, n_jobs=THREADS, random_state=0),
        x,
        y,
        patients,
        test,
    )


def kernel_ridge(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Kernel ridge per perturbation, Gaussian kernel as wide as the number of genes; five penalties."""
    grid = {"alpha": [0.03, 0.1, 0.3, 1.0, 3.0], "gamma": [0.5 / x.shape[1]]}
    return _one_by_one(
        lambda cuts: GridSearchCV(KernelRidge(kernel="rbf"), grid, cv=cuts, scoring="neg_mean_squared_error"),
        x,
        y,
        patients,
        test,
    )


def gaussian_process(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Gaussian process per perturbation; scale, width and noise by the marginal likelihood."""
    kernel = ConstantKernel(0.5) * RBF(float(np.sqrt(2 * x.shape[1]))) + WhiteKernel(0.5)
    return _one_by_one(lambda cuts: GaussianProcessRegressor(kernel, alpha=1e-6, random_state=0), x, y, patients, test)


def boosting(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """LightGBM for all perturbations together: 100 principal components and the perturbation as a category."""
    del patients
    space = PCA(COMPONENTS, random_state=0).fit(x)
    mean, deviation = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
    line, which = np.nonzero(~np.isnan(y))
    model = LGBMRegressor(
        n_estimators=1000,
        learning_rate=0.05,
        num_leaves=63,
        colsample_bytree=0.5,
        subsample=0.5,
        subsample_freq=1,
        cat_smooth=1.0,
        n_jobs=THREADS,
        random_state=0,
        verbose=-1,
    )
    columns = np.column_stack([space.transform(x)[line], which])
    model.fit(columns, ((y - mean) / deviation)[line, which], categorical_feature=[COMPONENTS])
    count = y.shape[1]
    asked = np.column_stack([np.repeat(space.transform(test), count, axis=0), np.tile(np.arange(count), len(test))])
    return mean + deviation * np.asarray(model.predict(asked)).reshape(len(test), count)


def network(x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray) -> np.ndarray:
    """A network with one output per perturbation: 512 and 128 units, dropout, stopped early; the mean of five."""
    mean, deviation = np.nanmean(y, axis=0), np.nanstd(y, axis=0)
    targets = (y - mean) / deviation
    found = [
        _trained(x[fit], targets[fit], x[stop], targets[stop], test, seed)
        for seed, (fit, stop) in enumerate(_cuts(patients))
    ]
    return mean + deviation * np.mean(found, axis=0)


def _trained(
    x: np.ndarray, y: np.ndarray, x_stop: np.ndarray, y_stop: np.ndarray, test: np.ndarray, seed: int
) -> np.ndarray:
    torch.manual_seed(seed)
    inputs, stop, asked = (torch.from_numpy(part.astype(np.float32)) for part in (x, x_stop, test))
    model = torch.nn.Sequential(
        torch.nn.Dropout(0.2),
        torch.nn.Linear(x.shape[1], 512),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.5),
        torch.nn.Linear(512, 128),
        torch.nn.ReLU(),
        torch.nn.Dropout(0.3),
        torch.nn.Linear(128, y.shape[1]),
    )
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=1e-2)
    wanted, wanted_stop = (torch.from_numpy(part.astype(np.float32)) for part in (y, y_stop))
    best, answer, since = np.inf, np.zeros((len(test), y.shape[1])), 0
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(inputs)).split(64):
            optimiser.zero_grad()
            _loss(model(inputs[rows]), wanted[rows]).backward()
            optimiser.step()
        model.eval()
        with torch.no_grad():
            loss = float(_loss(model(stop), wanted_stop))
            since += 1
            if loss < best:
                best, answer, since = loss, model(asked).double().numpy(), 0
        if since >= PATIENCE:
            break
    return answer


def _loss(predicted: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    # Gaps are left out before they are squared: the gradient of a missing value is missing, however it is weighted.
    return torch.square((predicted - wanted)[~wanted.isnan()]).mean()


ONE_BY_ONE: dict[str, Method] = {
    "elastic net": elastic_net,
    "random forest": random_forest,
    "kernel ridge": kernel_ridge,
    "Gaussian process": gaussian_process,
}
TOGETHER: dict[str, Method] = {"LightGBM, all together": boosting, "multi-task network": network}
METHODS = ONE_BY_ONE | TOGETHER


def _one_by_one(
    make: Callable[[Cuts], RegressorMixin], x: np.ndarray, y: np.ndarray, patients: np.ndarray, test: np.ndarray
) -> np.ndarray:
    """One model per perturbation, of the lines that were screened with it, on its standardised response."""
    predicted = np.empty((len(test), y.shape[1]))
    for column, values in enumerate(y.T):
        rows = ~np.isnan(values)
        mean, deviation = values[rows].mean(), values[rows].std()
        model = make(list(_cuts(patients[rows])))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            model.fit(x[rows], (values[rows] - mean) / deviation)
        predicted[:, column] = mean + deviation * model.predict(test)
    return predicted


def _cuts(patients: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    return GroupKFold(FOLDS).split(np.zeros(len(patients)), groups=patients)
