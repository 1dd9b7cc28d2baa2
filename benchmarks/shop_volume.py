"""What a world of a hundred million sales lines costs to write: CPU seconds, peak memory, room on the disk.

Takes a quarter of an hour of a processor and some sixteen gigabytes of disk, so `make bench` leaves it out. Run as
`python -m benchmarks.shop_volume FOLDER`; `--shape long` spreads the lines over five years instead of two. The folder
must not exist, and stays.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.shop import peak_gb
from shop.config import ShopConfig
from shop.presets import grocer
from shop.tables import public_folder, write_world
from shop.world import World

_LOG = logging.getLogger(__name__)

# Weeks, and the config's units a week; season, growth and holidays add a quarter, and two units make about 1.4 lines.
SHAPES = {"short": (104, 1_200_000.0), "long": (260, 460_000.0)}


def hundred_million(shape: str) -> ShopConfig:
    """A grocer of 24,000 products and 400,000 customers who write a hundred million lines in the shape's weeks."""
    weeks, units = SHAPES[shape]
    return grocer(weeks=weeks, units_per_week=units, products=24_000, candidates=3_600, customers=400_000)


def sold_lines(folder: Path) -> int:
    """Sales lines of a written world, cancellations and returns left out."""
    files = sorted((public_folder(folder) / "raw_sales").glob("*.parquet"))
    units = (pq.read_table(path, columns=["units"]).column("units") for path in files)
    return sum(pc.sum(pc.greater(column, 0)).as_py() for column in units)


def main() -> None:
    """Write the world and say what it took."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shape", choices=sorted(SHAPES), default="short")
    arguments = parser.parse_args()
    write_world(World(hundred_million(arguments.shape)), arguments.folder, _say)
    seconds, peak, lines = time.process_time(), peak_gb(), sold_lines(arguments.folder)
    size = sum(path.stat().st_size for path in arguments.folder.rglob("*.parquet")) / 1e9
    per_million = seconds / lines * 1e6
    _LOG.info("%d lines, %.0f CPU s (%.1f a million), peak %.2f GB", lines, seconds, per_million, peak)
    _LOG.info("%.1f GB of Parquet", size)


def _say(done: int, of: int) -> None:
    if done % 4 == 0 or done == of:
        _LOG.info("%d of %d weeks, %.0f CPU s, peak %.2f GB", done, of, time.process_time(), peak_gb())


if __name__ == "__main__":
    main()
