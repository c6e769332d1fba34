"""What is compiled at installation is all that a training and a scoring need: nobody waits for it later."""

import subprocess
import sys

from tests.conftest import ROOT, planted_tables

# In a process of its own, which has compiled or loaded nothing yet. What the first call prints is what was missing.
CODE = """
import contextlib, io, sys
from leap_core.services import precompile

def known():
    modules = [module for name, module in sys.modules.items() if name.startswith("leap_core")]
    functions = {one for module in modules for one in vars(module).values() if hasattr(one, "signatures")}
    return {(one.py_func.__qualname__, str(signature)) for one in functions for signature in one.signatures}

precompile.main()
before = known()
from leap_core.cli import main

home, command = sys.argv[1], ["--home", sys.argv[1]]
with contextlib.redirect_stdout(io.StringIO()):
    for recipe, accuracy in (("leap-lasso", "outer"), ("leap-lightgbm", "none")):
        files = ["--expression", f"{home}/e.csv", "--response", f"{home}/CRISPRGeneEffect.csv"]
        train = ["train", *files, "--name", recipe, "--recipe", recipe, "--layers", "1", "--accuracy", accuracy]
        assert main([*train, *command]) == 0
        sample = ["--model", recipe, "--samples", f"{home}/log2TPM.csv", "--out", f"{home}/lists"]
        assert main(["prioritise", *sample, "--top", "5", *command]) == 0
    assert main(["explain", "--model", "leap-lasso", "--perturbation", "T1", "--out", f"{home}/why", *command]) == 0
print(*sorted(known() - before), sep="\\n")
"""


def test_after_it_training_and_scoring_compile_nothing(tmp_path):
    expression, response, _ = planted_tables()
    expression.to_csv(tmp_path / "e.csv")
    expression.iloc[:1].to_csv(tmp_path / "log2TPM.csv")
    response.to_csv(tmp_path / "CRISPRGeneEffect.csv")
    command = [sys.executable, "-c", CODE, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
