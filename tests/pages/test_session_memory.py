"""What one session may hold: its tables are bounded, and the newest stay."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pages.shared import session as module
from pages.shared.session import Session


@dataclass(frozen=True)
class Scored:
    table: pd.DataFrame


def test_the_oldest_tables_go_when_a_session_grows(monkeypatch):
    one = Scored(pd.DataFrame(np.zeros((1000, 10))))
    monkeypatch.setattr(module, "_MAX_TABLE_BYTES", 5 * int(one.table.memory_usage().sum()))
    session = Session()
    for number in range(12):
        session._keep((str(number),), one)
    assert list(session.scored) == [(str(number),) for number in range(7, 12)]
    monkeypatch.setattr(module, "_MAX_TABLE_BYTES", 1)
    session._keep(("last",), one)
    # What the page needs at once (a sample by each of two models) always stays.
    assert list(session.scored) == [("11",), ("last",)]
