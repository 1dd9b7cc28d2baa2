"""What every test's process has around it, and which tests share one when several processes run them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from orchestration.surroundings import QUIET

if TYPE_CHECKING:
    from xdist.scheduler import Scheduling

# As quiet as a run of Debut. One thread a library: test processes run side by side, and more threads than cores wait.
os.environ.update({**QUIET, "OMP_NUM_THREADS": "1", "TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"})

# Files that share what is dear to make, by how their names begin; every other file may go to any process.
TOGETHER = (
    ("tests/unit/dbt/",),
    # The tiny shop's walk.
    (
        "tests/pipeline/test_a_week_without_a_plan",
        "tests/pipeline/test_broken_features",
        "tests/pipeline/test_whole_graph",
    ),
    # The simulated shop's.
    (
        "tests/pipeline/test_clicks_against_the_truth",
        "tests/pipeline/test_simulated_shop",
        "tests/pipeline/test_stock_outs_against_the_truth",
    ),
)


def room_of(test: str) -> str:
    """The tests that must share a process with this one: its file's, or those of all files that share with it."""
    file = test.split("::", 1)[0]
    return next((names[0] for names in TOGETHER if file.startswith(names)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    """A process takes whole rooms, in the order of their names: the walks begin early, and many short rooms end it."""
    if config.getoption("dist") != "loadfile":
        return None
    config.option.loadscopereorder = False
    from xdist.scheduler import LoadFileScheduling

    class ByRoom(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return room_of(nodeid)

    return ByRoom(config, log)
