"""Plotly figures as PNG files for the docs, drawn by Chromium through Playwright."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import plotly.graph_objects as go


def save_picture(figure: go.Figure, path: Path, width: int = 900, height: int = 460) -> bool:
    """Write a figure; return whether there was a browser to draw it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        return False
    from playwright.sync_api import sync_playwright

    figure.update_layout(
        template="plotly_white", width=width, height=height, paper_bgcolor="white", plot_bgcolor="white"
    )
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        page_file = Path(folder) / "figure.html"
        figure.write_html(page_file, include_plotlyjs=True)
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        page = browser.new_page(viewport={"width": width + 16, "height": height + 16})
        page.goto(page_file.as_uri())
        page.wait_for_selector(".main-svg")
        page.wait_for_timeout(500)
        page.screenshot(path=str(path))
        browser.close()
    return True
