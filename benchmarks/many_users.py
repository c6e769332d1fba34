"""Many sessions on one server at once: rerun times, memory per session, and that no session sees another's sample.

    python -m benchmarks.many_users [--sessions 20] [--reruns 10] [--think 2] [--apart 1] [--waves 2] [--home FOLDER]
    [--model NAME] [--bombs]

Every session is a websocket (benchmarks/dashboard.py), so that no browser shares the cores with the server. It opens
the app, uploads a sample of its own, waits for the passport, changes filters of the ranked table, picks fifty rows and
downloads the whole list. A second wave comes when the first one's sessions are gone: what the server still holds of
those shows in its memory. With `--bombs` one more session of that wave uploads workbooks that were made to break the
reader, one after the other, until the others have done everything. The model is trained where the folder has none:
16,827 CRISPR calls, `--accuracy none`.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
from streamlit import config

from benchmarks.dashboard import SAMPLE, Client, Server, serve, session
from benchmarks.process import train
from benchmarks.reporting import Stopwatch, real_data, report, write_section
from leap_core.ranking.priority import DEFAULT
from leap_core.run.store import Store
from leap_core.services.models import Model, load_model
from tests.adversary.workbook_bombs import BOMBS

# What is changed, one after the other: most of it leaves all rows in the table, which is the slowest.
CHANGES: tuple[tuple[str, dict[str, Any]], ...] = (
    ("ranked_order", {"string_value": "Strongest predicted"}),
    ("ranked_probability", {"double_value": 5.0}),
    ("ranked_hide", {"bool_value": False}),
    ("ranked_probability", {"double_value": 0.0}),
    ("ranked_search", {"string_value": "RP"}),
    ("ranked_search", {"string_value": ""}),
    ("ranked_order", {"string_value": "Name"}),
    ("ranked_expressed", {"bool_value": True}),
    ("ranked_order", {"string_value": DEFAULT}),
    ("ranked_hide", {"bool_value": True}),
)
# Those that keep a reader busy for longest.
_BOMBS = ("ten million cells", "thirty million empty rows", "a sheet of blanks")
# The server's metrics are computed at most this often, in seconds.
_METRICS_AGE = 6.0


@dataclass(frozen=True)
class Journey:
    """What one session did and saw.

    Attributes
    ----------
    sample
        Its own.
    client
        Its connection, still open.
    passport, export, reruns
        Seconds from upload to passport, of the download, and of every rerun of the table.
    rows_exported
        Perturbations in the download.
    """

    sample: str
    client: Client
    passport: float
    export: float
    reruns: list[float]
    rows_exported: int


@dataclass(frozen=True)
class Wave:
    """Sessions at the same time, and the server's memory (MiB) before, with them, at most and after.

    Attributes
    ----------
    journeys
        One for each session.
    before, together, peak, after
        Resident memory: before the first came, when all had done everything, the largest, and when all were dropped.
    cpu_seconds
        CPU-seconds of the server from the first upload to the last download.
    others
        Cores that other programs kept busy meanwhile: they have a part in every second that is reported.
    held
        Bytes of uploads that the server held: with all sessions there, right after they were gone, after Streamlit's
        time to reconnect, and when other sessions had gone after that.
    bombs
        Seconds until each hostile workbook was answered.
    """

    journeys: list[Journey]
    before: float
    together: float
    peak: float
    after: float
    cpu_seconds: float
    others: float
    held: list[int]
    bombs: list[float]

    @property
    def per_session(self) -> float:
        """MiB that each session added."""
        return (self.together - self.before) / len(self.journeys)

    @property
    def reruns(self) -> list[float]:
        """Seconds of all reruns."""
        return [seconds for journey in self.journeys for seconds in journey.reruns]


def sample_of(model: Model, number: int) -> tuple[str, bytes]:
    """Name and file of a session's own sample: a line of the panel with noise, as long as a real file.

    The genes that the model does not read take values of those that it does: a file has them, and they cost memory.
    """
    random = np.random.default_rng(number)
    panel = model.panel.expression
    line = panel.iloc[number % len(panel)].fillna(0.0)
    others = [str(name) for name in model.panel.response.columns if name not in panel.columns]
    values = np.concatenate([line.to_numpy(dtype=float), random.choice(line.to_numpy(dtype=float), len(others))])
    noisy = np.where(values > 0, np.maximum(values + random.normal(scale=0.2, size=len(values)), 0.0), 0.0)
    name = f"load{number:03d}x{random.integers(2**32):08x}"
    table = pd.Series(noisy.round(4), pd.Index([*panel.columns, *others], name="gene"), name=name)
    return name, b"# log2(TPM+1)\n" + table.to_csv().encode()


async def journey(client: Client, model: Model, number: int, reruns: int, think: float) -> Journey:
    """Upload, read the passport, filter, pick and export, as one user does."""
    random = np.random.default_rng(number)
    sample, content = sample_of(model, number)
    await client.go("upload")
    passport = await client.upload("upload", f"{sample}.csv", content)
    if not client.says(f"Input passport of {sample}"):
        raise RuntimeError(f"No passport for {sample}.")
    await client.go("ranked")
    seconds = []
    for step in range(reruns):
        await asyncio.sleep(think * random.uniform(0.5, 1.5))
        key, value = CHANGES[step % len(CHANGES)]
        seconds.append(await client.change(key, **value))
        if not client.says("genes shown"):
            raise RuntimeError(f"No table for {sample} after {key}.")
    await client.change("budget_pick_gene", trigger_value=True)
    await client.go("shortlist")
    started = time.perf_counter()
    exported = await client.download("download_all_csv")
    export = time.perf_counter() - started
    if {name.decode() for name in SAMPLE.findall(exported)} != {sample} or client.names != {sample}:
        raise RuntimeError(f"The session of {sample} saw other samples: {sorted(client.names)}")
    return Journey(sample, client, passport, export, seconds, len(exported.splitlines()))


async def hostile(server: Server, done: asyncio.Event) -> list[float]:
    """Upload one workbook bomb after the other until the others are done; seconds until each was answered."""
    contents = [BOMBS[name]() for name in _BOMBS]
    seconds: list[float] = []
    async with session(server) as client:
        await client.go("upload")
        while not done.is_set():
            name = f"bomb{len(seconds)}"
            seconds.append(await client.upload("upload", f"{name}.xlsx", contents[len(seconds) % len(contents)]))
            if client.says(f"Input passport of {name}"):
                raise RuntimeError("A hostile workbook was not refused.")
    return seconds


async def wave(server: Server, model: Model, first: int, options: argparse.Namespace) -> Wave:
    """Let sessions come a little apart, work at the same time, and go; then wait until the server has dropped them."""
    before, cpu, elsewhere, peaks = server.memory, server.cpu_seconds, _elsewhere(server), [server.memory]
    started = time.perf_counter()
    watching, done = asyncio.create_task(_watch(server, peaks)), asyncio.Event()
    bombing = asyncio.create_task(hostile(server, done)) if options.bombs and first else None
    async with contextlib.AsyncExitStack() as stack:

        async def one(number: int) -> Journey:
            await asyncio.sleep(options.apart * (number - first))
            client = await stack.enter_async_context(session(server))
            return await journey(client, model, number, options.reruns, options.think)

        journeys = list(await asyncio.gather(*(one(number) for number in range(first, first + options.sessions))))
        done.set()
        bombs = await bombing if bombing else []
        together, cpu = server.memory, server.cpu_seconds - cpu
        others = (_elsewhere(server) - elsewhere) / (time.perf_counter() - started)
        held = [await _held(server)]
    held += [await _held(server)]
    await asyncio.sleep(config.get_option("server.disconnectedSessionTTL"))
    held += [await _held(server)]
    # Streamlit drops what has expired when the next session disconnects, not before; Python collects it after the run
    # that follows.
    for _ in range(2):
        async with session(server):
            pass
    held += [await _held(server)]
    watching.cancel()
    return Wave(journeys, before, together, max(peaks), server.memory, cpu, others, held, bombs)


def _elsewhere(server: Server) -> float:
    """CPU-seconds of the whole machine so far that are neither the server's nor this process's."""
    times = psutil.cpu_times()
    own = psutil.Process().cpu_times()
    return times.user + times.system + getattr(times, "nice", 0.0) - server.cpu_seconds - own.user - own.system


async def _held(server: Server) -> int:
    await asyncio.sleep(_METRICS_AGE)
    return await asyncio.to_thread(server.uploaded_bytes)


async def _watch(server: Server, peaks: list[float]) -> None:
    while True:
        peaks.append(server.memory)
        await asyncio.sleep(0.25)


async def measure(server: Server, model: Model, options: argparse.Namespace) -> list[Wave]:
    """One session that opens the model and compiles what is compiled, then the waves."""
    async with session(server) as client:
        await journey(client, model, 999, 2, 0.0)
    return [await wave(server, model, number * options.sessions, options) for number in range(options.waves)]


def figures_of(number: int, found: Wave) -> dict[str, object]:
    """What is reported of a wave."""
    reruns = np.array(found.reruns)
    return {
        "wave": number + 1,
        "sessions": len(found.journeys),
        "reruns": len(reruns),
        "rerun_median_s": round(float(np.median(reruns)), 2),
        "rerun_p95_s": round(float(np.percentile(reruns, 95)), 2),
        "rerun_max_s": round(float(reruns.max()), 2),
        "passport_p95_s": round(float(np.percentile([journey.passport for journey in found.journeys], 95)), 2),
        "export_p95_s": round(float(np.percentile([journey.export for journey in found.journeys], 95)), 2),
        "memory_before_mib": round(found.before),
        "memory_together_mib": round(found.together),
        "memory_peak_mib": round(found.peak),
        "memory_after_mib": round(found.after),
        "mib_per_session": round(found.per_session, 1),
        "received_mb_per_session": round(
            sum(journey.client.received for journey in found.journeys) / len(found.journeys) / 1e6, 1
        ),
        "downloads_missed": sum(journey.client.missed for journey in found.journeys),
        "server_cpu_s": round(found.cpu_seconds, 1),
        "other_cores": round(max(found.others, 0.0), 2),
        "uploads_held_bytes": found.held,
        "bombs": len(found.bombs),
        "bomb_max_s": round(max(found.bombs, default=0.0), 1),
    }


def section(model: Model, options: argparse.Namespace, waves: list[dict[str, object]], held: list[int]) -> str:
    """The README's section."""
    columns = {
        "sessions": "sessions",
        "reruns": "reruns",
        "rerun_median_s": "rerun, median",
        "rerun_p95_s": "95th percentile",
        "rerun_max_s": "slowest",
        "passport_p95_s": "upload to passport, 95th percentile",
        "export_p95_s": "export, 95th percentile",
        "memory_before_mib": "memory before, MiB",
        "memory_together_mib": "with all",
        "memory_peak_mib": "at most",
        "memory_after_mib": "after",
        "mib_per_session": "MiB per session",
        "server_cpu_s": "CPU-s of the server",
        "downloads_missed": "downloads gone before they were fetched",
        "other_cores": "cores busy with other programs",
        "bombs": "workbook bombs meanwhile",
        "bomb_max_s": "slowest answer to one",
    }
    rows = [f"| {' | '.join(str(wave[key]) for key in columns)} |" for wave in waves]
    accuracy = "with" if model.accuracy_measured else "without"
    return "\n".join(
        [
            (
                f"**Many users**: one server, {len(model.table):,} perturbations ({model.recipe['name']}, {accuracy}"
                f" accuracy), every session a websocket, {options.apart:g} s after the one before, that uploads its own"
                f" sample, changes the ranked table {options.reruns} times with {options.think:g} s between (half to"
                " one and a half times that, by chance), picks 50 rows and downloads all; seconds; the client runs on"
                " the same cores. A second row: new sessions after the first were gone. No session received the name"
                " of another's sample. `python -m benchmarks.many_users`"
            ),
            "",
            f"| {' | '.join(columns.values())} |",
            f"|{'---|' * len(columns)}",
            *rows,
            "",
            (
                f"Bytes of uploads that the server held of the first wave: {held[0]:,} with all sessions there,"
                f" {held[1]:,} right after they had gone, {held[2]:,} after"
                f" {config.get_option('server.disconnectedSessionTTL')} s (`server.disconnectedSessionTTL`),"
                f" {held[3]:,} when two more had come and gone: Streamlit keeps a session for that long in case it"
                " reconnects, and drops what has expired when the next one disconnects."
            ),
            "",
        ]
    )


def main() -> None:
    """Measure, print and write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--reruns", type=int, default=10)
    parser.add_argument(
        "--think", type=float, default=2.0, help="seconds between a table and the next change, on average"
    )
    parser.add_argument("--apart", type=float, default=1.0, help="seconds between the arrivals of two sessions")
    parser.add_argument("--waves", type=int, default=2)
    parser.add_argument("--bombs", action="store_true", help="one more session of the second wave uploads bombs")
    parser.add_argument("--home", type=Path, default=Path("data/models/benchmarks/many_users"))
    parser.add_argument("--model", default="CRISPR calls")
    options = parser.parse_args()
    home = options.home.resolve()
    if options.model not in Store(home).names():
        data = real_data()
        files = (
            data / "essentiality/expression_535_genes.parquet",
            data / "essentiality/crispr_dependency_binary.parquet",
        )
        train(
            *files,
            options.model,
            home,
            "--lines",
            str(data / "Model.csv"),
            "--accuracy",
            "none",
            "--score",
            "dependency_call",
        )
    model = load_model(options.model, Store(home))
    with Stopwatch() as watch, serve(home) as server:
        found = asyncio.run(measure(server, model, options))
    waves = [figures_of(number, each) for number, each in enumerate(found)]
    for figures in waves:
        report("many users", figures, watch.cost)
    write_section("many users", section(model, options, waves, found[0].held))


if __name__ == "__main__":
    main()
