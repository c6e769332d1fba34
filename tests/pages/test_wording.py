"""The sentences that protect a user, word by word; every other test asserts on figures and states."""

import pytest

from leap_core.services.demo import DEMO_GENES
from leap_core.services.models import load_model
from pages.shared import models
from tests.pages.conftest import give, log_tpm, open_app, visit, with_sample, words


def red(app):
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", log_tpm().iloc[::3].to_csv().encode())
    return visit(app, "ranked")


def refused(app):
    with_sample(app)
    app.button(key="demo_broken_statistics.csv").click().run()
    return app


def screened(app):
    panel = load_model(DEMO_GENES, models.store()).panel
    visit(app, "upload")
    give(app, "upload", "log2TPM.csv", panel.expression.iloc[[5]].T.to_csv().encode())
    return app


def at(page):
    return lambda app: visit(with_sample(app), page)


@pytest.mark.parametrize(
    ("get_there", "sentence"),
    [
        (at("start"), "Research use only; not for clinical decisions."),
        (at("start"), "Nothing you upload leaves this computer."),
        (at("start"), "Below 0.2 means *cannot tell*, not *not dependent*."),
        (at("ranked"), "Simulated data, made up"),
        (at("ranked"), "Predicted, never measured."),
        (at("upload"), "nothing is written to disk, nothing leaves this computer."),
        (at("upload"), "Green: nothing speaks against scoring this sample."),
        (at("one_perturbation"), "Compare predictions with predictions: they are narrower than measurements."),
        (at("pathways"), "about the model, not about the biology"),
        (refused, "Refused: "),
        (refused, "table of statistics"),
        (refused, "The samples from before are still here."),
        (red, "**Red input for Demo genes.**"),
        (red, "Whatever follows is stamped, and may be worth nothing."),
        (screened, "Predictions for a screened line are no test of the model."),
    ],
)
def test_it_says_so(app, get_there, sentence):
    assert sentence in words(get_there(app))


def test_a_server_that_others_reach_says_why_it_lets_nobody_in(monkeypatch, demo_store):
    monkeypatch.setenv("LEAP_REQUIRE_SIGN_IN", "1")
    assert "Other computers can reach this server, and nobody would have to sign in" in words(
        open_app(monkeypatch, demo_store.home)
    )
