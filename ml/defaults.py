"""Who reigns, and with which parameters, before anything could be compared: `champions.json` beside this file.

`python -m benchmarks.tune` writes it; a fresh clone starts from it. Who reigns on a decision week is decided in
`champions` from that week's backtests.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import date
from importlib.resources import files
from typing import Any

FILE = "champions.json"


@dataclass(frozen=True)
class Champion:
    """The settled model of one phase.

    Args:
        model: Registered name.
        parameters: Fields of `MlConfig` in place of their defaults.
        labels_before: Monday before which every label that the choice looked at was known; None where none was.
        scores: By tuned model: its figure, that of the defaults, and how both were found.
    """

    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    labels_before: date | None = None
    scores: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def tuned(
        self, name: str, parameters: Mapping[str, Any], score: Mapping[str, Any], labels_before: date
    ) -> Champion:
        """The same champion, with what was found for one of its models in the place of what was found before."""
        before = max(labels_before, self.labels_before or labels_before)
        return replace(
            self,
            parameters={**self.parameters, **parameters},
            labels_before=before,
            scores={**self.scores, name: score},
        )


def read(text: str) -> dict[str, Champion]:
    """The champion of each phase."""
    return {
        phase: Champion(
            **{**told, "labels_before": told["labels_before"] and date.fromisoformat(told["labels_before"])}
        )
        for phase, told in json.loads(text).items()
    }


def written(champions: Mapping[str, Champion]) -> str:
    """The text of `champions.json`; the inverse of `read`."""
    told = {phase: asdict(champion) for phase, champion in champions.items()}
    return json.dumps(told, indent=1, sort_keys=True, default=date.isoformat) + "\n"


def settled() -> dict[str, Champion]:
    """The champion of each phase as this version of Debut brings it."""
    return read(files("ml").joinpath(FILE).read_text())


def settled_parameters() -> dict[str, Any]:
    """Fields of `MlConfig` that were tuned, of all phases together."""
    return {name: value for champion in settled().values() for name, value in champion.parameters.items()}
