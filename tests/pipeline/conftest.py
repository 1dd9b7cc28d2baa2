"""Tiny shops, walked once from delivery to evaluated report; every pipeline test looks at those walks."""

from __future__ import annotations

import os
from collections.abc import Iterator

import dagster as dg
import pytest
from support.tiny_shop import DECISION_WEEK, make_tiny_shop
from support.walk import Walk, walk_of

from orchestration.partitions import default_week


@pytest.fixture(scope="module")
def surroundings() -> Iterator[None]:
    """Put the process's environment back after the walks."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def walked_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, dg.ExecuteInProcessResult]]:
    """The simulated shop's tiny preset, the whole graph for the demo's week."""
    before = dict(os.environ)
    walk = walk_of(tmp_path_factory.mktemp("shop"), DEBUT_SOURCE="simulated", DEBUT_SHOP_PRESET="tiny")
    with walk.instance:
        yield walk, walk.execute("replay", default_week(walk.settings).isoformat())
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
