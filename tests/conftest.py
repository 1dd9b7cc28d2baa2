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

# Folders whose files share what is dear to make; every other file may go to any process.
TOGETHER = ("tests/unit/dbt/",)


def room_of(test: str) -> str:
    """The tests that must share a process with this one: its file's, or its folder's."""
    file = test.split("::", 1)[0]
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling | None:
    """A process takes whole rooms, the ones with most tests first."""
    if config.getoption("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class ByRoom(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return room_of(nodeid)

    return ByRoom(config, log)
