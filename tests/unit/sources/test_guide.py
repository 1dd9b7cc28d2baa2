"""The generated guide to the raw tables, and the page that leads to it."""

import re

import yaml

from orchestration.sources import SOURCES
from orchestration.sources.files import DELIVERABLE
from orchestration.sources.guide import GUIDE, render
from orchestration.sources.mapping import TableMapping, read_mapping


def test_the_guide_says_what_the_contracts_say():
    assert GUIDE.read_text(encoding="utf-8") == render(), "run: python -m orchestration.sources.guide"


def test_the_example_mapping_of_the_manual_is_one_that_the_reader_takes(tmp_path):
    manual = (GUIDE.parent / "bring-your-own-data.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", manual, flags=re.DOTALL)
    (tmp_path / "mapping.yml").write_text(example)
    mapping = read_mapping(tmp_path)["raw_sales"]
    assert set(yaml.safe_load(example)["raw_sales"]) == set(TableMapping.__dataclass_fields__)
    assert mapping.decimal == ","
    for name in (*SOURCES, *DELIVERABLE):
        assert name in manual, name
