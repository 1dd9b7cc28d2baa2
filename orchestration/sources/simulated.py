"""Makes the simulated shop's world, once for a preset and a seed, and reads its public tables.

The world's truth is written beside them and never read here: only evaluations, tests and benchmarks may look at it.
How a world is made is told in `shop/`.
"""

from __future__ import annotations

import hashlib
import logging
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import contracts
import shop.presets
from contracts.catalog import CATALOG
from orchestration.sources.files import DELIVERABLE
from orchestration.sources.records import BaseLoad, FileIngest, SourceError, SourceOptions, sha256_of
from orchestration.sources.schema import count

if TYPE_CHECKING:
    import duckdb

    from shop.config import ShopConfig

NAME = "simulated"
# The shop's own code, and the contracts that it writes by and takes its limits' horizon from.
CODE = (Path(shop.presets.__file__).parent, Path(contracts.__file__).parent)


def load(con: duckdb.DuckDBPyConnection, options: SourceOptions | None) -> BaseLoad:
    """Fills the empty raw tables of `con` with the world's public tables; the caller owns the transaction.

    Raises:
        SourceError: No such preset, or nowhere to keep the world.
    """
    from shop.tables import public_folder

    public = public_folder(world_folder(options, makes=True))
    files = []
    for table in DELIVERABLE:
        for path in sorted((public / table).glob("*.parquet")):
            statement = f"insert into {CATALOG[table].full_name} by name select * from read_parquet(?)"
            files.append(FileIngest(path.name, table, sha256_of(path), count(con, statement, [str(path)])))
    return BaseLoad(tuple(files))


def version(options: SourceOptions | None) -> str:
    """Digest of what the world is made from: its config, and every file of `shop/` and of `contracts/`.

    The libraries that draw its numbers are not in it.
    """
    config = config_of(options)
    total = hashlib.sha256(repr(config).encode())
    for place in CODE:
        for path in sorted(place.rglob("*.py")):
            total.update(path.relative_to(place.parent).as_posix().encode() + path.read_bytes())
    return total.hexdigest()


def world_folder(options: SourceOptions | None, makes: bool = False) -> Path:
    """Where the world is kept, one folder a version of it.

    Args:
        options: Which world.
        makes: Whether to make the world unless it is there.
    """
    from shop.tables import write_world
    from shop.world import World

    config, folder = config_of(options), _told(options).folder
    kept = folder / "world" / f"{_told(options).preset}-{version(options)[:12]}"
    if makes and not kept.exists():
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_world(World(config), kept, _say)
    return kept


def weeks_of(options: SourceOptions) -> tuple[date, int]:
    """The world's first Monday, and how many weeks it lasts."""
    config = config_of(options)
    return config.first_day, config.weeks


def config_of(options: SourceOptions | None) -> ShopConfig:
    """What the world is made from.

    Raises:
        SourceError: No such preset.
    """
    presets, told = shop.presets.PRESETS, _told(options)
    if told.preset not in presets:
        raise SourceError(f"{NAME}: {told.preset!r} is no preset of the shop; known are {', '.join(presets)}")
    return presets[told.preset](told.seed)


def _told(options: SourceOptions | None) -> SourceOptions:
    if options is None:
        raise SourceError(f"{NAME}: no preset, no seed and no folder to keep the world in; pass SourceOptions")
    return options


def _say(done: int, of: int) -> None:
    if done % 13 == 0 or done == of:
        logging.getLogger(__name__).info("%s: %d of %d weeks made", NAME, done, of)
