"""Small networks written out as one programme: other solvers find what the decomposition found."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.plan_instances import InstanceSize, write_instance
from orchestration.cli import main

_SOLVE = """
import json, sys
from ortools.linear_solver.python import model_builder
found = {}
for path in sys.argv[1:]:
    for name in ("scip", "highs"):
        model = model_builder.Model()
        assert model.import_from_mps_file(path)
        solver = model_builder.Solver(name)
        status = solver.solve(model)
        found[f"{name} {path}"] = [status.name, solver.objective_value]
sys.stderr.write(json.dumps(found))
"""


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Networks of ten cells: five products, one of them a candidate, at two locations of two channels."""
    made = []
    for seed in (3, 6):
        folder = tmp_path_factory.mktemp(f"asked{seed}")
        size = InstanceSize(
            cells=10, locations=2, channels=2, weeks=5, train=3, test=2, categories=2, slots=1.0, budget=0.6, fill=0.6
        )
        write_instance(folder, size, seed)
        made.append(folder)
    return made


def test_scip_and_highs_find_in_the_mps_file_what_the_solver_found(folders: list[Path]) -> None:
    for folder in folders:
        assert main(["solve-instance", str(folder), str(folder / "out")]) == 0
        assert main(["solve-instance", str(folder), str(folder / "out"), "--mps", str(folder / "whole.mps")]) == 0
    files = [str(folder / "whole.mps") for folder in folders]
    ended = subprocess.run([sys.executable, "-c", _SOLVE, *files], check=True, capture_output=True, text=True)
    found = json.loads(ended.stderr)
    for folder, file in zip(folders, files, strict=True):
        said = json.loads((folder / "out" / "solve.json").read_text())
        for name in ("scip", "highs"):
            status, best = found[f"{name} {file}"]
            assert status == "OPTIMAL"
            assert said["objective"] == pytest.approx(best, rel=1e-5)
            assert best <= said["bound"] + 1e-5 * best


def test_a_large_network_is_not_written_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_instance(tmp_path / "asked", InstanceSize(cells=2000, test=2), seed=3)
    mps = str(tmp_path / "whole.mps")
    assert main(["solve-instance", str(tmp_path / "asked"), str(tmp_path / "out"), "--mps", mps]) == 2
    assert "the programme of 2000 product-locations" in capsys.readouterr().err
    assert not Path(mps).exists()
