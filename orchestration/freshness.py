"""Whether raw tables and features are still what the deliveries and the code would make of them.

A digest of everything that an ingest reads is kept beside the warehouse after one that succeeded;
while it is the same, a decision week may start from the features that are there.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from orchestration.settings import Settings

ROOT = Path(__file__).parent.parent
_CODE = ("contracts", "orchestration/sources", "dbt_project/models", "dbt_project/macros")


def is_fresh(settings: Settings) -> bool:
    """Whether the last ingest read the same deliveries with the same code and settings."""
    kept = _file(settings)
    return kept.is_file() and settings.warehouse.is_file() and kept.read_text() == digest(settings)


def remember(settings: Settings) -> None:
    """Note what the ingest that has just succeeded was made of."""
    partial = _file(settings).with_suffix(".partial")
    partial.write_text(digest(settings))
    partial.replace(_file(settings))


def forget(settings: Settings) -> None:
    """Before an ingest: until it has succeeded, nothing is known of the tables."""
    _file(settings).unlink(missing_ok=True)


def digest(settings: Settings) -> str:
    """Digest of deliveries, code and settings that raw tables and features are made of."""
    from orchestration.assets.features import dbt_vars
    from orchestration.sources import fingerprint

    read = fingerprint(settings.source, settings.landing, settings.source_options)
    total = hashlib.sha256(f"{read}{dbt_vars(settings)}".encode())
    for folder in _CODE:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in {".py", ".sql", ".yml"}:
                total.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    total.update((ROOT / "dbt_project" / "dbt_project.yml").read_bytes())
    return total.hexdigest()


def _file(settings: Settings) -> Path:
    return settings.folder / "ingested.sha256"
