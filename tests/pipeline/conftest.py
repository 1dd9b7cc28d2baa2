"""The tiny shop, walked once from delivery to evaluated report; every pipeline test looks at that walk."""

from __future__ import annotations

import os
from collections.abc import Iterator

import dagster as dg
import pytest
from support.tiny_shop import DECISION_WEEK, make_tiny_shop
from support.walk import Walk, walk_of


@pytest.fixture(scope="module")
def surroundings() -> Iterator[None]:
    """Put the process's environment back after the walks."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="module")
def walked(
    tmp_path_factory: pytest.TempPathFactory, surroundings: None
) -> Iterator[tuple[Walk, dg.ExecuteInProcessResult]]:
    """The whole graph for one decision week."""
    home = tmp_path_factory.mktemp("walked")
    make_tiny_shop(home / "landing")
    walk = walk_of(home)
    with walk.instance:
        yield walk, walk.execute("replay", DECISION_WEEK.isoformat())
