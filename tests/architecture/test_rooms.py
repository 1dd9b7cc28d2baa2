"""The house keeps its shape: who imports whom, what is generated, what the graph looks like."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from contracts.catalog import CATALOG
from orchestration.assets import steps
from orchestration.steps import INJECTED, Step
from shop.truth import TRUTH_TABLES

ROOT = Path(__file__).parents[2]
ROOMS = ("contracts", "ml", "optimization", "expectations", "reports", "shop")
# Who may know the world's maker: the reader that has a world made, and what runs one under a plan.
KNOW_THE_SHOP = {"orchestration/sources/simulated.py", "orchestration/worlds.py"}
# Who may run a world, and so learn what is true of it: the steps that say what came true.
RUN_A_WORLD = {"orchestration/assets/evaluation.py"}


def sources(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def imported(path: Path) -> set[str]:
    tree = ast.parse(path.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    told = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    return (
        names | {str(node.module) for node in told} | {f"{node.module}.{a.name}" for node in told for a in node.names}
    )


def who_imports(module: str) -> set[str]:
    """Files beyond the shop that import a module, or something of it."""
    return {
        str(path.relative_to(ROOT))
        for path in beyond_the_shop()
        if any(f"{name}.".startswith(f"{module}.") for name in imported(path))
    }


def test_imports_go_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_read_no_environment_no_clock_and_no_database(room: str) -> None:
    for path in sources(room):
        text = path.read_text()
        assert "os.environ" not in text, path
        assert ".today()" not in text, path
        assert ".now(" not in text, path
        assert "duckdb" not in imported(path), path


def test_tensorflow_and_the_solver_never_meet_in_one_file() -> None:
    for room in ROOMS:
        for path in sources(room):
            names = {name.split(".")[0] for name in imported(path)}
            assert not ({"tensorflow", "keras"} & names and "ortools" in names), path


def beyond_the_shop() -> list[Path]:
    rooms = [room for room in ROOMS if room != "shop"]
    return [path for room in (*rooms, "orchestration") for path in sources(room)]


def test_nobody_but_its_reader_and_evaluations_knows_the_simulated_shop() -> None:
    assert who_imports("shop") == KNOW_THE_SHOP
    assert who_imports("orchestration.worlds") == RUN_A_WORLD


def test_nobody_beyond_the_shop_finds_the_way_to_the_truth() -> None:
    words = ("truth_folder", "/truth", '"truth"', "shop.truth", *(table.name for table in TRUTH_TABLES))
    readers = {
        str(path.relative_to(ROOT)) for path in beyond_the_shop() if any(word in path.read_text() for word in words)
    }
    assert not readers
    models = (ROOT / "dbt_project" / "models").rglob("*.sql")
    assert not [path for path in models if "truth" in path.read_text()]


def test_only_evaluations_read_beyond_their_decision_week() -> None:
    for step in steps():
        looks_ahead = [name for name in step.inputs if step.read_of(name).knows == "everything"]
        if any(table.schema != "evaluations" for table in step.tables):
            assert not looks_ahead, (step.name, looks_ahead)


@pytest.mark.parametrize("step", steps(), ids=lambda step: step.name)
def test_a_step_drinks_only_from_promised_tables_and_says_what_it_does(step: Step) -> None:
    assert set(step.inputs) <= set(CATALOG)
    assert not set(step.inputs) & set(INJECTED)
    assert step.function.__doc__
    assert set(step.options.reads) <= set(step.inputs), "a read of a table that the step does not take"


def test_every_promised_table_is_filled_by_exactly_one_step() -> None:
    filled = [table.name for step in steps() for table in step.tables]
    assert len(filled) == len(set(filled))
    assert set(filled) == {t.name for t in CATALOG.values() if t.schema not in {"raw", "features"}}


def test_the_generated_promises_of_dbt_are_current() -> None:
    from contracts.render_dbt import render

    assert (ROOT / "dbt_project" / "models" / "_contracts.yml").read_text() == render()


def test_the_graph_is_as_it_was_agreed() -> None:
    """Edges of the weekly steps; regenerate graph.txt by hand when a change of the walk is meant."""
    edges = sorted(f"{name} -> {table.name}" for step in steps() for table in step.tables for name in step.upstream)
    assert Path(__file__).with_name("graph.txt").read_text().splitlines() == edges


def test_tables_that_steps_take_together_are_those_of_the_room() -> None:
    from dataclasses import fields

    from ml.demand.interface import DemandTables
    from optimization.inputs import PlanInputs
    from orchestration.assets.demand import DEMAND_TABLES
    from orchestration.planning import PLAN_TABLES

    assert set(DEMAND_TABLES) == {field.name for field in fields(DemandTables)}
    assert set(PLAN_TABLES) == {field.name for field in fields(PlanInputs)} - {"decision_week", "profile"}


def test_every_rule_is_shown_beside_a_table_of_its_step() -> None:
    for step in steps():
        assert {rule.asset for rule in step.options.rules} <= {table.name for table in step.tables}
    assert [rule.name for step in steps() for rule in step.options.rules] == [
        "quantiles_do_not_cross",
        "launches_agree_with_orders",
        "plan_keeps_limits",
        "forecast_covers_plan",
        "solve_is_usable",
    ]
