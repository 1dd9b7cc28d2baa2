"""Tiny shops, walked once from delivery to evaluated report; every pipeline test looks at those walks."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg
import pytest
from support.tiny_shop import DECISION_WEEK, make_tiny_shop
from support.walk import Walk, walk_of

from orchestration.partitions import default_week


@contextmanager
def environment_kept() -> Iterator[None]:
    """Put the process's environment back after a walk."""
    before = dict(os.environ)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module", autouse=True)
def surroundings() -> Iterator[None]:
    """Every file's walks leave the environment as they found it."""
    with environment_kept():
        yield


@pytest.fixture(scope="session")
def walked_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, dg.ExecuteInProcessResult]]:
    """The simulated shop's tiny preset, the whole graph for the demo's week."""
    with environment_kept():
        walk = walk_of(tmp_path_factory.mktemp("shop"), DEBUT_SOURCE="simulated", DEBUT_SHOP_PRESET="tiny")
        result = walk.execute("replay", default_week(walk.settings).isoformat())
    with walk.instance:
        yield walk, result


@pytest.fixture(scope="session")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Walk, dg.ExecuteInProcessResult]]:
    """The whole graph for one decision week."""
    home = tmp_path_factory.mktemp("walked")
    make_tiny_shop(home / "landing")
    with environment_kept():
        walk = walk_of(home)
        result = walk.execute("replay", DECISION_WEEK.isoformat())
    with walk.instance:
        yield walk, result
