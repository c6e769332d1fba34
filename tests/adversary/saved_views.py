"""Saved views and shortlists that somebody changed: refused in one sentence, or taken as they stand.

``python -m tests.adversary.saved_views --number 20000 --seed 7`` prints what was tried, as JSON.
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import resource
import signal
import traceback
from dataclasses import replace

from leap_core.errors import UserError
from leap_core.ranking.hit_table import View
from leap_core.ranking.priority import Weights
from leap_core.report.manifest import Manifest, UsedModel, read_manifest
from leap_core.report.shortlist import Shortlist, read_shortlist
from leap_core.sample.profiles import ReadOptions

VALUES = [
    *(None, True, False, 0, 1, -1, 0.5, 50.7, 1e308, -1e308, 10**30, float("nan"), float("inf")),
    *("", "gene", "drug", "x" * 5000, "=HYPERLINK(1)", "![x](http://a.example)", "a\nb", "\u202e", "\x00", "CON"),
    *([], {}, [[]], [1], ["TP53", "TP53"], {"a": 1}, {"": ""}, [None], "\ud800"),
]
SECONDS, BYTES = 20, 2**30
SHORTLIST = Shortlist(
    {"gene": ["SOX10", "MITF"], "drug": ["5-FU"]}, {"gene": {"SOX10": "first"}, "drug": {}}, {"sample": "line 1"}
)
VIEW = Manifest(
    sample="line 1",
    kind="gene",
    models={"gene": UsedModel("DepMap", "abc", "24Q2"), "drug": UsedModel("GDSC", "def", "8.5")},
    files=(("a.csv", "0" * 64),),
    options=ReadOptions(dates=(("1-Mar", "MARCHF1"),)),
    pool="all",
    tables="k",
    view=View(),
    number=50,
    rows=2,
    digest="1" * 64,
    shortlist=SHORTLIST,
    highlighted="TP53",
)
PILOT = {
    **dict.fromkeys(("same_unit", "same_direction", "certain"), True),
    "values": {"TP53": -0.5, "MITF": 1},
    "same_study": None,
    "source": "a.csv",
    "laboratory": {"ACH-000001": {"TP53": 0.25}},
}
KINDS = {
    "view": (
        read_manifest,
        [VIEW, replace(VIEW, view=View(weights=Weights(60, 20, 10, 10))), replace(VIEW, pilots={"gene": PILOT})],
    ),
    "shortlist": (read_shortlist, [SHORTLIST]),
}


def places(value, place=()):
    """Every place of a tree of plain values."""
    yield place
    for key, part in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(part, (*place, key))


def mutated(content: bytes, draw: random.Random) -> bytes:
    """The file with one to three changes: to a value, a key, or a byte."""
    if draw.random() < 0.25:
        changed = bytearray(content)
        for _ in range(draw.randint(1, 4)):
            changed[draw.randrange(len(changed))] = draw.randrange(256)
        return bytes(changed[: draw.randrange(len(changed))] if draw.random() < 0.3 else changed)
    found = json.loads(content)
    for _ in range(draw.randint(1, 3)):
        options = [place for place in places(found) if place]
        if not options:
            break
        *path, last = draw.choice(options)
        inside = found
        for key in path:
            inside = inside[key]
        what = draw.randrange(4)
        if what == 0:
            del inside[last]
        elif what == 1 and isinstance(inside, dict):
            inside[draw.choice(["", "extra", "names", "=x", "a\u202eb", str(last).upper()])] = inside.pop(last)
        elif what == 2 and isinstance(inside, list):
            inside.append(copy.deepcopy(draw.choice(VALUES)))
        else:
            inside[last] = copy.deepcopy(draw.choice(VALUES))
    return json.dumps(found).encode()


def _as_written(kept: object, written: object) -> bool:
    """Whether all that the file says is kept: a name that stands twice in a list is the same list."""
    if isinstance(kept, dict) and isinstance(written, dict):
        return all(_as_written(kept[name], written[name]) for name in kept if name in written)
    if isinstance(kept, list) and isinstance(written, list) and kept and isinstance(kept[0], str):
        return kept in (written, list(dict.fromkeys(map(str, written))))
    return kept == written and isinstance(kept, bool) == isinstance(written, bool)


def said(content: bytes, read) -> str:
    """What became of it: refused, taken as it stands, or how it went wrong."""
    try:
        made = read(content, "![x](http://a.example).json")
    except UserError:
        return "refused"
    except Exception:
        return "traceback: " + traceback.format_exc(limit=-2)
    written, kept = json.loads(content), json.loads(made.to_json())
    # What the program does not know is left; what it knows is as the file says.
    changed = [
        name for name in kept if name != "program" and name in written and not _as_written(kept[name], written[name])
    ]
    return f"silent change: {changed}" if changed else "taken"


def attack(number: int, seed: int) -> dict[str, object]:
    """Try, and count."""
    counts, faults = {"refused": 0, "taken": 0}, []
    for trial in range(number):
        draw = random.Random(f"{seed} {trial}")
        read, originals = KINDS[draw.choice(list(KINDS))]
        content = mutated(draw.choice(originals).to_json(), draw)
        signal.alarm(SECONDS)
        outcome = said(content, read)
        signal.alarm(0)
        if outcome in counts:
            counts[outcome] += 1
        else:
            faults.append({"trial": trial, "outcome": outcome, "file": content[:2000].decode("utf-8", "replace")})
    return {"tried": number, **counts, "faults": faults[:20]}


def main() -> None:
    """Limits are the system's: what takes too long or too much ends the process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=19)
    options = parser.parse_args()
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (4 * BYTES, hard))
    print(json.dumps(attack(options.number, options.seed)))


if __name__ == "__main__":
    main()
