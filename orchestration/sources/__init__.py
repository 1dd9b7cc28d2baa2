"""Sources: where raw data comes from, and the door it passes.

`ingest` fills schema raw; `discover` and `fingerprint` tell whether it would fill it differently. Nothing
here knows the orchestrator, the settings or what the data is used for.
"""

from orchestration.sources.files import discover
from orchestration.sources.ingest import SOURCES, excluded_categories, fingerprint, ingest
from orchestration.sources.records import FileIngest, Ingest, LandedFile, SourceError, SourceOptions, TableIngest

__all__ = [
    "SOURCES",
    "FileIngest",
    "Ingest",
    "LandedFile",
    "SourceError",
    "SourceOptions",
    "TableIngest",
    "discover",
    "excluded_categories",
    "fingerprint",
    "ingest",
]
