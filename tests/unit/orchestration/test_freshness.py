"""A week starts from the features that are there only while nothing that they are made of has changed."""

from pathlib import Path

import pytest

from orchestration.freshness import forget, is_fresh, remember
from orchestration.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    made = Settings.from_env({"DEBUT_HOME": str(tmp_path), "DEBUT_SOURCE": "files"})
    made.folder.mkdir(parents=True)
    made.warehouse.touch()
    return made


def land(settings: Settings, text: str) -> None:
    folder = settings.landing / "files" / "raw_products"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "products.csv").write_text(text)


def test_nothing_is_fresh_before_the_first_ingest_nor_while_one_runs(settings: Settings) -> None:
    assert not is_fresh(settings)
    remember(settings)
    assert is_fresh(settings)
    forget(settings)
    assert not is_fresh(settings)


def test_a_new_delivery_makes_features_stale_and_the_old_one_put_back_makes_them_fresh(settings: Settings) -> None:
    land(settings, "product_id,title,category_1\nP1,Bread,BAKERY\n")
    remember(settings)
    land(settings, "product_id,title,category_1\nP1,Rye,BAKERY\n")
    assert not is_fresh(settings)
    land(settings, "product_id,title,category_1\nP1,Bread,BAKERY\n")
    assert is_fresh(settings)


def test_another_profile_or_a_lost_warehouse_makes_them_stale(settings: Settings, tmp_path: Path) -> None:
    remember(settings)
    tiny = Settings.from_env({"DEBUT_HOME": str(tmp_path), "DEBUT_SOURCE": "files", "DEBUT_PROFILE": "tiny"})
    assert not is_fresh(tiny)
    settings.warehouse.unlink()
    assert not is_fresh(settings)
