"""The command line: train, predict, models; a user's mistake is exit code 2 and one sentence."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from leap_core.cli import main
from leap_core.services.demo import DEMO_DRUGS, DEMO_GENES
from leap_core.services.models import load_model
from tests.conftest import ROOT, planted_tables

SAMPLE = ROOT / "data" / "demo" / "heldout_melanoma.csv"


def run(*arguments, home):
    return main([*map(str, arguments), "--home", str(home)])


def test_what_predict_writes_runs_nothing_and_explain_finds_its_sample_again(demo_store, tmp_path, capsys):
    name = '=HYPERLINK("http://a.example","x")'
    table = pd.read_csv(SAMPLE, comment="#", index_col=0).set_axis([name], axis=1)
    table.to_csv(tmp_path / "hostile_log2TPM.csv")
    out = tmp_path / "p.csv"
    samples = tmp_path / "hostile_log2TPM.csv"
    assert run("predict", "--model", DEMO_GENES, "--samples", samples, "--out", out, home=demo_store.home) == 0
    frame = pd.read_csv(out)
    assert frame["sample"].unique().tolist() == [f"'{name}"]
    plain = tmp_path / "plain.csv"
    assert run("predict", "--model", DEMO_GENES, "--samples", SAMPLE, "--out", plain, home=demo_store.home) == 0
    pd.testing.assert_frame_equal(frame.drop(columns="sample"), pd.read_csv(plain).drop(columns="sample"))
    command = ["explain", "--model", DEMO_GENES, "--predictions", out, "--sample", name, "--top", "1"]
    assert run(*command, "--out", tmp_path / "why", home=demo_store.home) == 0
    assert "R2" in capsys.readouterr().out


def test_predict_writes_the_promised_columns_and_the_planted_biology(demo_store, tmp_path):
    out = tmp_path / "p.csv"
    assert (
        run("predict", "--model", DEMO_GENES, "--samples", SAMPLE, "--out", out, "--members", home=demo_store.home) == 0
    )
    frame = pd.read_csv(out)
    assert list(frame.columns[:8]) == [
        "sample",
        "perturbation",
        "predicted",
        "agreement_sd",
        "panel_percentile",
        "accuracy",
        "accuracy_metric",
        "status",
    ]
    members = frame.filter(like="layer_")
    assert members.shape[1] == 15
    np.testing.assert_allclose(members.mean(axis=1), frame["predicted"], rtol=1e-4, atol=1e-5)
    assert frame["sample"].unique().tolist() == ["SIM-MEL-HELDOUT"] and frame["panel_percentile"].between(0, 100).all()
    top = frame["perturbation"].head(8).tolist()
    assert {"SOX10", "MITF", "BRAF"} <= set(top)
    assert (frame["accuracy_metric"] == "spearman").all() and (frame["status"] == "ok").all()


def test_drug_model_ranks_the_pathway_inhibitors_first(demo_store, tmp_path):
    out = tmp_path / "p.csv"
    assert run("predict", "--model", DEMO_DRUGS, "--samples", SAMPLE, "--out", out, home=demo_store.home) == 0
    assert {"Vemurafenib", "Trametinib"} & set(pd.read_csv(out)["perturbation"].head(4))


def test_models_lists_what_is_there(demo_store, tmp_path, capsys):
    assert run("models", "--json", home=demo_store.home) == 0
    models = {model["name"]: model for model in json.loads(capsys.readouterr().out)}
    assert models[DEMO_GENES]["direction"] == "lower = more dependent" and models[DEMO_GENES]["simulated"]
    assert run("models", home=tmp_path) == 0
    assert "No models" in capsys.readouterr().out


def test_train_from_files_and_again_from_the_store(tmp_path, capsys):
    expression, response, lines = planted_tables()
    expression.to_parquet(tmp_path / "e.parquet")
    response.to_parquet(tmp_path / "r.parquet")
    pd.DataFrame({"ModelID": lines.index, "PatientID": lines["patient"], "OncotreeLineage": lines["lineage"]}).to_csv(
        tmp_path / "Model.csv", index=False
    )
    arguments = [
        "train",
        "--expression",
        tmp_path / "e.parquet",
        "--response",
        tmp_path / "r.parquet",
        "--lines",
        tmp_path / "Model.csv",
        "--name",
        "mine",
        "--score",
        "ln_ic50",
        "--recipe",
        "pca-ridge",
    ]
    assert run(*arguments, home=tmp_path / "h") == 0
    assert "90 lines, 60 genes, 12 perturbations, ln IC50 (lower = more sensitive)" in capsys.readouterr().out
    made = {path: path.stat().st_mtime_ns for path in (tmp_path / "h" / "artefacts").glob("*/*/*")}
    assert run(*arguments, home=tmp_path / "h") == 0
    assert made == {path: path.stat().st_mtime_ns for path in (tmp_path / "h" / "artefacts").glob("*/*/*")}
    out = tmp_path / "p.csv"
    assert (
        run("predict", "--model", "mine", "--samples", tmp_path / "e.parquet", "--out", out, home=tmp_path / "h") == 0
    )
    frame = pd.read_csv(out)
    assert len(frame) == 90 * 12 and frame["accuracy"].median() > 0.4


def test_prioritise_writes_the_list_of_a_budget_and_what_it_promises(demo_store, tmp_path, capsys):
    out = tmp_path / "lists"
    assert (
        run(
            "prioritise",
            "--model",
            DEMO_GENES,
            "--samples",
            SAMPLE,
            "--top",
            10,
            "--out",
            out,
            "--json",
            home=demo_store.home,
        )
        == 0
    )
    summary = json.loads(capsys.readouterr().out)
    assert summary == json.loads((out / "summary.json").read_text(encoding="utf-8"))
    (entry,) = summary["samples"]
    text = (out / entry["file"]).read_text(encoding="utf-8")
    hits = pd.read_csv(out / entry["file"], comment="#")
    assert (
        hits["perturbation"].tolist() == entry["hits"]
        and len(hits) == 10
        and {"SOX10", "MITF", "BRAF"} <= set(entry["hits"])
    )
    assert (
        entry["expected"] == pytest.approx(hits["probability"].sum(), abs=1e-3)
        and entry["low"] <= entry["expected"] <= entry["high"] <= 10
    )
    assert (
        hits["priority"].is_monotonic_decreasing
        and (hits["accuracy"] >= 0.2).all()
        and not hits["common_essential"].any()
    )
    assert "SIMULATED DATA" in text and "first 10 of" in text and (out / "passports.json").is_file()
    assert (
        run(
            "prioritise",
            "--model",
            DEMO_DRUGS,
            "--samples",
            SAMPLE,
            "--top",
            5,
            "--out",
            out,
            "--preset",
            "Strongest",
            home=demo_store.home,
        )
        == 0
    )
    assert "5 rows" in capsys.readouterr().out


def test_compare_and_scorecard_on_the_command_line(demo_store, tmp_path, capsys):
    other = ROOT / "data" / "demo" / "unusual_sample.csv"
    out = tmp_path / "compared"
    assert (
        run(
            "compare",
            "--model",
            DEMO_GENES,
            "--samples",
            SAMPLE,
            other,
            "--base",
            "SIM-CHO-HELDOUT",
            "--out",
            out,
            "--json",
            home=demo_store.home,
        )
        == 0
    )
    (entry,) = json.loads(capsys.readouterr().out)
    assert entry["sample"] == "SIM-MEL-HELDOUT" and {"SOX10", "MITF"} <= set(entry["first"])
    assert pd.read_csv(out / entry["file"]).set_index("perturbation").loc["SOX10", "gained"] > 3
    genes = pd.read_csv(SAMPLE, comment="#").iloc[:, 0]
    summary = pd.DataFrame({"id": genes, "num": 4, "neg|lfc": 0.0, "neg|fdr": 1.0}).set_index("id")
    summary.loc[["SOX10", "MITF", "BRAF"], ["neg|lfc", "neg|fdr"]] = [-2.0, 0.01]
    summary.to_csv(tmp_path / "screen.gene_summary.txt", sep="\t")
    arguments = [
        "scorecard",
        "--model",
        DEMO_GENES,
        "--samples",
        SAMPLE,
        "--measured",
        tmp_path / "screen.gene_summary.txt",
        "--other-unit",
        "--json",
    ]
    assert run(*arguments, home=demo_store.home) == 0
    card = json.loads(capsys.readouterr().out)
    assert card["rule"] == "called" and card["by_length"]["10"]["hits"] == 3 and card["selective_correlation"] is None


def test_a_saved_view_gives_the_same_table_again_and_says_what_is_not_as_it_was(demo_store, tmp_path, capsys):
    made, again = tmp_path / "made", tmp_path / "again"
    arguments = [
        "prioritise",
        "--model",
        DEMO_GENES,
        "--beside",
        DEMO_DRUGS,
        "--samples",
        SAMPLE,
        "--top",
        12,
        "--preset",
        "Strongest",
        "--all",
    ]
    also = ("--excel", "--report", "--also", "txt", "rnk")
    assert run(*arguments, "--out", made, *also, home=demo_store.home) == 0
    (view,) = made.glob("*.view.json")
    assert {path.suffix for path in made.iterdir()} == {".csv", ".json", ".xlsx", ".html", ".txt", ".rnk"}
    listed = pd.read_csv(next(made.glob("*.csv")), comment="#", index_col=0).index
    assert next(made.glob("*.txt")).read_text(encoding="utf-8").split() == list(listed)
    capsys.readouterr()
    renamed = tmp_path / "renamed.csv"
    renamed.write_bytes(SAMPLE.read_bytes())
    assert (
        run("prioritise", "--manifest", view, "--samples", renamed, "--out", again, "--json", home=demo_store.home) == 0
    )
    entry = json.loads(capsys.readouterr().out)["samples"][0]
    assert entry["same_as_saved"] is True and entry["differences"] == []
    tables = [next(folder.glob("*.csv")).read_text(encoding="utf-8") for folder in (made, again)]
    assert tables[0].partition("perturbation,")[2] == tables[1].partition("perturbation,")[2] != ""
    # The shortlist and whatever else a view holds is passed on.
    assert (
        json.loads(next(again.glob("*.view.json")).read_text(encoding="utf-8"))["digest"]
        == json.loads(view.read_text(encoding="utf-8"))["digest"]
    )
    content = json.loads(view.read_text(encoding="utf-8"))
    view.write_text(json.dumps({**content, "digest": "0" * 64, "rows": 3}), encoding="utf-8")
    assert run("prioritise", "--manifest", view, "--samples", SAMPLE, "--out", again, home=demo_store.home) == 0
    assert "not as it was saved: the view had 3 rows" in capsys.readouterr().out
    other = ROOT / "data" / "demo" / "unusual_sample.csv"
    assert run("prioritise", "--manifest", view, "--samples", other, "--out", again, home=demo_store.home) == 2
    assert "made from heldout_melanoma.csv" in capsys.readouterr().err


def test_samples_of_one_file_name_do_not_overwrite_each_other_and_a_bad_one_is_left_out(demo_store, tmp_path, capsys):
    frame = pd.read_csv(SAMPLE, comment="#", index_col=0).iloc[:, 0]
    several = pd.DataFrame(
        {"P1/a": frame, "P1 a": frame + 0.1, "p1-A": frame, "bad": frame.where(np.arange(len(frame)) < 20)}
    )
    path = tmp_path / "log2TPM.csv"
    several.to_csv(path)
    assert (
        run(
            "prioritise",
            "--model",
            DEMO_GENES,
            "--samples",
            path,
            "--top",
            5,
            "--out",
            tmp_path / "out",
            home=demo_store.home,
        )
        == 0
    )
    said = capsys.readouterr()
    assert "bad: cannot be scored" in said.err
    summary = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    files = [entry["file"] for entry in summary["samples"]]
    assert (
        len(set(map(str.lower, files))) == 3
        and len(list((tmp_path / "out").glob("*.csv"))) == 3
        and list(summary["not_scored"]) == ["bad"]
    )
    for entry in summary["samples"]:
        assert f"# Sample: {entry['sample']} " in (tmp_path / "out" / entry["file"]).read_text(encoding="utf-8")


def test_tables_of_drugs_and_essentials_reach_the_list(demo_store, tmp_path, capsys):
    home = tmp_path / "home"
    shutil.copytree(demo_store.home, home)
    drugs, essentials = tmp_path / "drugs.csv", tmp_path / "essentials.txt"
    table = load_model(DEMO_DRUGS, demo_store).table
    names = table.index[(table["accuracy"] >= 0.2).to_numpy()]
    drugs.write_text(
        "drug,target,pathway,approved\n"
        + "".join(f"{name},BRAF,made up,{'yes' if n else 'no'}\n" for n, name in enumerate(names)),
        encoding="utf-8",
    )
    essentials.write_text("SOX10\nMITF\nX1\nX2\nX3\n", encoding="utf-8")
    assert (
        run("download", "drugs", "--from", drugs, home=home) == 0
        and run("download", "essentials", "--from", essentials, home=home) == 0
    )
    assert f"{len(names)} drugs from drugs.csv" in capsys.readouterr().out
    common = ["--samples", SAMPLE, "--out", tmp_path / "out", "--json"]
    assert run("prioritise", "--model", DEMO_GENES, "--beside", DEMO_DRUGS, "--top", 30, *common, home=home) == 0
    entry = json.loads(capsys.readouterr().out)["samples"][0]
    assert not {"SOX10", "MITF"} & set(entry["hits"]) and entry["hidden"]["common essential"] == 50
    genes = pd.read_csv(tmp_path / "out" / entry["file"], comment="#", index_col=0)
    assert (
        genes.loc["BRAF", "tractable"] == 1
        and genes.loc["BRAF", "approved_drugs"].count(",") == 3
        and "more" in genes.loc["BRAF", "approved_drugs"]
    )
    assert (genes["concordance"].drop("BRAF").isna()).all() and genes.loc["BRAF", "other_side"].split(" ")[0].strip(
        ","
    ) in set(names)
    drugs_first = ["prioritise", "--model", DEMO_DRUGS, "--beside", DEMO_GENES, "--top", 10, *common]
    assert run(*drugs_first, "--also", "entrez", home=home) == 2
    assert "lists genes" in capsys.readouterr().err
    assert run(*drugs_first, home=home) == 0
    entry = json.loads(capsys.readouterr().out)["samples"][0]
    found = pd.read_csv(tmp_path / "out" / entry["file"], comment="#", index_col=0)
    assert (found["targets"] == "BRAF").all() and (found["pathway"] == "made up").all()
    # BRAF is a strong, selective dependency of this sample: a drug that is predicted to be selective agrees.
    strong = found["relative_percentile"] >= 80
    assert strong.any() and (found.loc[strong, "concordance"] == "agrees").all()
    assert (found["other_side"].str.startswith("BRAF ")).all()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["compare", "--model", DEMO_GENES, "--samples", SAMPLE, "--out", "x"], "at least two"),
        (
            ["compare", "--model", DEMO_GENES, "--samples", SAMPLE, "--base", "nobody", "--out", "x"],
            "no sample called 'nobody'",
        ),
        (
            ["scorecard", "--model", DEMO_GENES, "--samples", SAMPLE, "--measured", "nowhere.csv"],
            "no file at nowhere.csv",
        ),
        (["prioritise", "--model", DEMO_GENES, "--samples", SAMPLE, "--top", "0", "--out", "x"], "at least 1"),
        (["prioritise", "--model", DEMO_GENES, "--samples", SAMPLE, "--out", "x"], "needs --model and --top"),
        (["prioritise", "--manifest", "nowhere.json", "--samples", SAMPLE, "--out", "x"], "no file at nowhere.json"),
        (["prioritise", "--manifest", SAMPLE, "--samples", SAMPLE, "--out", "x"], "no view that this program saved"),
        (
            [
                "prioritise",
                "--model",
                DEMO_GENES,
                "--beside",
                DEMO_GENES,
                "--top",
                "5",
                "--samples",
                SAMPLE,
                "--out",
                "x",
            ],
            "of the other kind",
        ),
        (["download", "essentials"], "needs --from FILE"),
        (["download", "drugs", "--from", "nowhere.csv"], "no file at nowhere.csv"),
        (["download", "drugs", "--from", SAMPLE], "expected one of drugs"),
        (["predict", "--model", "none such", "--samples", SAMPLE, "--out", "x.csv"], "no model called 'none such'"),
        (["predict", "--model", DEMO_GENES, "--samples", "nowhere.csv", "--out", "x.csv"], "no file at nowhere.csv"),
        (
            ["predict", "--model", DEMO_GENES, "--samples", ROOT / "data/demo/broken_statistics.csv", "--out", "x.csv"],
            "table of statistics",
        ),
        (["predict", "--model", DEMO_GENES, "--samples", SAMPLE, "--out", "/nowhere/x.csv"], "cannot be written"),
        (["train", "--expression", SAMPLE, "--response", "nowhere.csv", "--name", "x"], "no file at nowhere.csv"),
        (["train", "--expression", SAMPLE, "--name", "x"], "needs both"),
        (["train", "--expression", SAMPLE, "--response", SAMPLE, "--name", "../x"], "cannot be a model's name"),
        (["train", "--expression", SAMPLE, "--response", SAMPLE, "--name", "x", "--recipe", "magic"], "Unknown recipe"),
        (
            ["train", "--expression", SAMPLE, "--response", SAMPLE, "--name", "x", "--score", "happiness"],
            "Unknown score type",
        ),
        (["train", "--expression", SAMPLE, "--response", SAMPLE, "--name", "x", "--layers", "0"], "at least 1 layer"),
    ],
)
def test_mistakes_end_with_code_2_and_one_sentence(demo_store, arguments, says, capsys):
    assert run(*arguments, home=demo_store.home) == 2
    error = capsys.readouterr().err
    assert says in error and "Traceback" not in error and error.strip().count("\n") == 0
