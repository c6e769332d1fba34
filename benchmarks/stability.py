"""Stability selection of 5,000 genes on 700 lines.

100 halves x 50 penalties, beside scikit-learn's `lasso_path` on the same halves.

    python -m benchmarks.stability [--batch 50]

Made data: genes share 30 factors, the response is made of a few factors and genes. Beside it the calibrated choice on
planted truth. scikit-learn is timed on six of the halves, down to the penalty where ours end; its CPU seconds are
multiplied up. Prints one JSON line and writes a section of benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import lasso_path
from threadpoolctl import threadpool_limits

from benchmarks.reporting import Stopwatch, report, write_section
from leap_core.explain.stability import StabilitySettings, halves, stability_selection
from leap_core.model.heads.lasso.residual_path import residual_path
from leap_core.run.mapping import ThreadMapper

GENES, LINES, FACTORS, TIMED = 5000, 700, 30, 6
PLANTED = (160, 240, 320)


def made(responses: int) -> tuple[np.ndarray, np.ndarray]:
    """Standardised genes (g, n) and responses (responses, n)."""
    random = np.random.default_rng(0)
    factors = random.normal(size=(FACTORS, LINES))
    genes = 0.6 * random.normal(size=(GENES, FACTORS)) @ factors + random.normal(size=(GENES, LINES))
    genes = (genes - genes.mean(axis=1, keepdims=True)) / genes.std(axis=1, keepdims=True)
    targets = [
        factors[random.integers(0, FACTORS, 5)].sum(axis=0)
        + 0.3 * genes[random.integers(0, GENES, 20)].sum(axis=0)
        + 2.0 * random.normal(size=LINES)
        for _ in range(responses)
    ]
    return genes, np.stack(targets)


def scikit_learn(genes: np.ndarray, target: np.ndarray, penalties: np.ndarray) -> tuple[float, float]:
    """CPU seconds of all halves, and the share of selections that agree with ours on those that were timed."""
    used, agree = 0.0, []
    settings = StabilitySettings()
    for half in halves(LINES, settings.pairs, settings.seed)[:TIMED]:
        part = genes[:, half] - genes[:, half].mean(axis=1, keepdims=True)
        response = target[half] - target[half].mean()
        design = np.asfortranarray(part.T)
        started = time.process_time()
        with threadpool_limits(limits=1), warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            _, theirs, _ = lasso_path(design, response, alphas=penalties)
        used += time.process_time() - started
        agree.append(((theirs.T != 0) == (residual_path(part, response, penalties)[0] != 0)).mean())
    return used * 2 * settings.pairs / TIMED, float(np.mean(agree))


def planted(lines: int) -> tuple[float, float]:
    """Mean precision and recall of the calibrated choice.

    500 independent genes, 10 of which make the response with noise, 20 seeds.
    """
    precision, recall = [], []
    for seed in range(20):
        random = np.random.default_rng(seed)
        genes = random.normal(size=(500, lines))
        weights = np.where(np.arange(500) < 10, np.where(np.arange(500) % 2, -1.0, 1.0), 0.0)
        found = stability_selection(
            genes, weights @ genes + 2.0 * random.normal(size=lines), StabilitySettings(seed=seed), ThreadMapper()
        )
        chosen = np.flatnonzero(found.stable)
        true = int((chosen < 10).sum())
        precision.append(true / max(len(chosen), 1))
        recall.append(true / 10)
    return float(np.mean(precision)), float(np.mean(recall))


def main() -> None:
    """Measure, print and write the section."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=50, help="responses of the batch (default: %(default)s)")
    options = parser.parse_args()
    genes, targets = made(max(options.batch, 1))
    stability_selection(genes[:50], targets[0], StabilitySettings(pairs=1))
    with Stopwatch() as watch:
        found = stability_selection(genes, targets[0], mapper=ThreadMapper())
    theirs, agree = scikit_learn(genes, targets[0], found.penalties)
    with Stopwatch() as batch:
        for target in targets:
            stability_selection(genes, target, mapper=ThreadMapper())
    figures: dict[str, object] = {
        "penalties": len(found.penalties),
        "selected_at_the_end": round(float(found.selected[-1]), 1),
        "seconds_one": round(watch.cost.seconds, 2),
        "cpu_one": round(watch.cost.cpu_seconds, 2),
        "cpu_scikit_learn": round(theirs, 1),
        "times_less_cpu": round(theirs / watch.cost.cpu_seconds, 1),
        "selections_agree": round(agree, 6),
        "batch": len(targets),
        "seconds_batch": round(batch.cost.seconds, 1),
    }
    truth = {lines: planted(lines) for lines in PLANTED}
    report("stability", {**figures, "planted_precision_recall": truth}, batch.cost)
    lines = [
        "## Stability selection",
        "",
        (
            "`python -m benchmarks.stability`: 5,000 genes x 700 lines, 100 halves x 50 penalties (the paths end where"
            " a half selects an eighth of the lines)."
        ),
        "",
        (
            f"- one response: {figures['seconds_one']} s on two cores, {figures['cpu_one']} CPU-seconds; scikit-learn's"
            f" `lasso_path` on the same halves and penalties {figures['cpu_scikit_learn']} CPU-seconds (from {TIMED} of"
            f" the halves), {figures['times_less_cpu']} times as many; {100 * agree:.3f} % of the selections are the"
            " same"
        ),
        f"- {len(targets)} responses one after the other: {figures['seconds_batch']} s",
        "- planted truth (500 independent genes, 10 true, as much noise variance as four of them), precision and recall"
        " of the calibrated choice: "
        + "; ".join(f"{lines} lines {precision:.2f} and {recall:.2f}" for lines, (precision, recall) in truth.items()),
    ]
    write_section("stability", "\n".join(lines))


if __name__ == "__main__":
    main()
