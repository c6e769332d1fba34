"""The HTML report: everything inside, nothing fetched, nothing that a name could run, red where the input is red."""

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pandas as pd
import pytest

from leap_core.explain.explanation import explain
from leap_core.genes.names import GeneNames
from leap_core.ranking.controls import matched_controls
from leap_core.ranking.hit_table import View, show
from leap_core.report.links import first_link
from leap_core.report.provenance import provenance_of
from leap_core.report.sample_report import Chosen, sample_report
from leap_core.sample.uploads import read_uploads
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES, demo_gene_sets
from leap_core.services.models import known_genes, load_model
from leap_core.services.scoring import score_sample
from tests.conftest import ROOT

HOSTILE = "</script><script>alert(1)</script>"


class Reader(HTMLParser):
    """Collects text, tags and addresses; notes tags that are closed without having been opened."""

    VOID = frozenset({"meta", "br", "hr", "img", "input", "link"})

    def __init__(self):
        super().__init__()
        self.text, self.open, self.wrong, self.addresses, self.rows = [], [], [], [], 0

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self.rows += tag == "tr"
        self.addresses += [value for name, value in attributes if name in ("src", "href", "action")]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data):
        if "script" not in self.open and "style" not in self.open:
            self.text.append(data)


def report_of(store, name=DEMO_GENES, sample="SIM-MEL-HELDOUT", keep=1, **changes):
    model = load_model(name, store)
    frame = pd.read_csv(ROOT / "data/demo/heldout_melanoma.csv", comment="#", index_col=0).iloc[::keep]
    content = "# log2(TPM+1)\n" + frame.set_axis([sample], axis=1).to_csv()
    profiles = read_uploads([("mine.csv", content.encode())], known_genes([model]), GeneNames())
    scored = score_sample(model, profiles, profiles.samples[0])
    view = View(minimum_accuracy=model.panel.score.accuracy_cut, hide_common_essential=name == DEMO_GENES)
    rows = show(scored.table, model.panel.score, view).table
    controls = matched_controls(scored.table, rows.index[:20], 5, False) if name == DEMO_GENES else pd.DataFrame()
    chosen = replace(
        Chosen(view, 20, (str(rows.index[0]),), {str(rows.index[0]): "ask <b>Ann</b>"}, controls), **changes
    )
    html = sample_report(
        model, scored, chosen, provenance_of(model, scored, "mine.csv", "first 20", date(2026, 1, 2)), b'{"a": 1}'
    ).decode("utf-8")
    reader = Reader()
    reader.feed(html)
    return html, reader, rows


@pytest.mark.parametrize("name", [DEMO_GENES, DEMO_DRUGS])
def test_it_holds_list_shortlist_plots_passport_and_provenance_and_fetches_nothing(demo_store, name):
    html, reader, rows = report_of(demo_store, name)
    text = " ".join(reader.text)
    assert not reader.wrong and not reader.open
    # Names lead on; nothing is fetched before somebody follows them.
    kind = "gene" if name == DEMO_GENES else "drug"
    links = {first_link(kind, str(row)) for row in rows.index}
    assert {address for address in reader.addresses if not address.startswith("#part-")} <= links
    assert first_link(kind, str(rows.index[0])) in reader.addresses
    assert "default-src 'none'" in html and "Plotly.newPlot" in html and html.count("Plotly.newPlot(") >= 5
    for part in (
        "The shortlist",
        "What a budget buys",
        "The input passport",
        "What the numbers mean",
        "Simulated data",
        "Research use only",
        "GREEN",
    ):
        assert part in text, part
    shown = rows.head(20)
    assert all(str(gene) in text for gene in shown.index)
    assert f"{shown['predicted'].iloc[0]:.2f} ({shown['interval_80_low'].iloc[0]:.2f} to" in text
    assert ("Controls for the plate" in text) == (name == DEMO_GENES)
    assert "ask <b>Ann</b>" in text and "ask <b>Ann</b>" not in html
    figures = html[html.rindex("</style>") :].split("Plotly.newPlot(")[-html.count('class="plotly-graph-div"') :]
    # WebGL would ask for rights that the page does not give; templates name every kind of trace.
    assert not any('"type":"scattergl"' in figure.split('"template"')[0] for figure in figures)


def test_a_name_cannot_run_anything(demo_store):
    html, reader, _ = report_of(demo_store, sample=HOSTILE)
    assert HOSTILE not in html and "alert(1)</script>" not in html
    assert not reader.wrong and not reader.open and HOSTILE in " ".join(reader.text)


def test_explanations_become_a_part_of_it(demo_store):
    model = load_model(DEMO_GENES, demo_store)
    why = tuple(explain(model, name, demo_gene_sets()) for name in ("SOX10", "MITF"))
    _, reader, _ = report_of(demo_store, why=why)
    text = " ".join(reader.text)
    assert (
        "not about the biology" in text
        and "melanocytic" in text
        and "Gene sets behind the predictions of several rows" in text
    )
    assert not reader.wrong and not reader.open


def test_the_same_input_is_the_same_file(demo_store):
    assert report_of(demo_store)[0] == report_of(demo_store)[0]


def test_a_red_input_stamps_text_and_every_figure(demo_store):
    html, reader, _ = report_of(demo_store, keep=4)
    assert "RED INPUT" in " ".join(reader.text) and html.count("RED INPUT: see the input passport") >= html.count(
        "Plotly.newPlot("
    )
