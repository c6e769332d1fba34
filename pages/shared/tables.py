"""Tables on the pages: what is copied or saved from one by the browser is as safe in a spreadsheet as an export."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from leap_core.report.cells import safe_table


def draw_table(frame: pd.DataFrame | list[dict[str, Any]], **options: Any) -> Any:
    """Draw a table, as `streamlit.dataframe` does; the only way in which pages do."""
    return st.dataframe(safe_table(pd.DataFrame(frame)), **options)
