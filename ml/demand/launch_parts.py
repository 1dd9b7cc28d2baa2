"""A trained launch model made of parts, each of which knows launches that a candidate resembles, and their mean.

What a part is stands in its own file (`launch_forest`, `launch_scores`, `launch_net`); here they are asked, averaged and kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, Trained, finished
from ml.demand.encoding import Encoder
from ml.demand.examples import feature_names
from ml.demand.launch_memory import LaunchMemory, Sparse
from ml.demand.launch_sheet import EITHER, KINDS, LEADS, LaunchSheet, Lesson, Window, lessons, season
from ml.demand.quantiles import as_frame
from ml.lanes import Job, cpu_seconds, in_lanes

Floats = NDArray[np.float64]
Features = NDArray[np.float32]


class Part(Protocol):
    """One way of finding the launches that speak for a candidate."""

    def speak(self, columns: Features, windows: Sequence[int]) -> Floats:
        """Levels and then the mean of each row in each of these learned windows: (rows, windows, levels + 1)."""

    def weights(self, columns: Features, window: int, launches: int) -> Sparse | None:
        """How much each launch of the lesson speaks for each row in this learned window.

        Shape (rows, launches); at least 0, and each row sums to 1. None of a part that remembers no launches.
        """

    def save(self, stem: Path) -> None:
        """Write files whose names begin with the stem."""


@dataclass(frozen=True)
class Making:
    """How one part is learned and read back, and how much it says.

    Args:
        weight: Its share of the levels.
        learn: From what a kind's launches teach.
        load: From the stem that it was saved under.
        says_mean: Whether it says a mean too; those that do share it as they share the levels.
        spans_leads: Whether one part of a kind answers launches seen ahead and seen at last alike.
        requirements: Distributions that loading it needs, beside those that every demand model does.
        is_network: Whether TensorFlow learns it.
    """

    weight: float
    learn: Callable[[Lesson, MlConfig], Part]
    load: Callable[[Path], Part]
    says_mean: bool = True
    spans_leads: bool = False
    requirements: tuple[str, ...] = ()
    is_network: bool = False


@dataclass(frozen=True)
class LaunchParts(Trained):
    """Parts by kind of channel and lead.

    Args:
        encoder: Of the columns that every part reads.
        windows: Weeks and offset of each learned window.
        weights: Share of each part in the levels, and in the mean; shape (parts, 2).
        parts: The parts of each kind and lead, in the order of the weights.
        past: The launches that they learned from.
        needs: Distributions that loading the parts needs.
    """

    encoder: Encoder
    windows: tuple[Window, ...]
    weights: Floats
    parts: Mapping[str, tuple[Part, ...]]
    past: Mapping[str, LaunchMemory]
    needs: tuple[str, ...] = ()

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading it needs."""
        return (*self.needs, *super().requirements)

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`.

        Raises:
            ValueError: A window that no completed launch speaks of.
        """
        sheet = LaunchSheet.fold(examples)
        columns, subjects = self.encoder.matrix(sheet.views), sheet.subjects
        unknown = sorted((set(subjects) - set(self.parts)) | {w for w in sheet.windows if w not in self.windows})
        if unknown:
            raise ValueError(f"{self.name}: no completed launch for {unknown} (channel and lead, or weeks and offset)")
        asked = [self.windows.index(window) for window in sheet.windows]
        said = np.zeros((len(sheet.views), len(asked), len(QUANTILES) + 1))
        for subject in np.unique(subjects):
            rows = subjects == subject
            for (of_levels, of_mean), part in zip(self.weights, self.parts[str(subject)], strict=True):
                spoken = part.speak(columns[rows], asked)
                said[rows, :, :-1] += of_levels * spoken[..., :-1]
                if of_mean > 0:
                    said[rows, :, -1] += of_mean * spoken[..., -1]
        flat = said[sheet.row, sheet.column]
        return as_frame(flat[:, :-1], flat[:, -1], examples.index)

    def analogues(self, examples: pd.DataFrame, count: int | None = None) -> pd.DataFrame:
        """The past launches that speak for the season of these launches, whatever windows are asked about.

        Args:
            examples: Of launches.
            count: Those that weigh most of each launch and channel; all when not given, whose weights sum to 1.

        Returns:
            `product_id`, `channel`, and the columns of `LaunchMemory.foremost`.
        """
        sheet, window = LaunchSheet.fold(examples), season(self.windows)
        columns, subjects = self.encoder.matrix(sheet.views), sheet.subjects
        found = []
        for subject in map(str, np.unique(subjects)):
            rows, past = np.flatnonzero(subjects == subject), self.past[subject]
            spoken = past.foremost(self._remembered(subject, columns[rows], window), count)
            launch = sheet.views.iloc[rows[spoken["row"]]][["product_id", "channel"]].reset_index(drop=True)
            found.append(launch.join(spoken.drop(columns="row")))
        return pd.concat(found, ignore_index=True)

    def _remembered(self, subject: str, columns: Features, window: int) -> Sparse:
        """How much each launch speaks for each row, as the parts say that remember launches; rows sum to 1."""
        launches, found = len(self.past[subject].products), []
        for weight, part in zip(self.weights[:, 0], self.parts[subject], strict=True):
            told = part.weights(columns, window, launches)
            if told is not None:
                found.append((weight, told))
        return sum(weight * told for weight, told in found) / sum(weight for weight, _ in found)

    def save(self, folder: Path) -> None:
        """Write the card, the encoder, the windows, each part and what it remembers."""
        self.card.save(folder)
        (folder / "encoder.json").write_text(self.encoder.to_json())
        (folder / "parts.json").write_text(json.dumps({"subjects": sorted(self.parts), "windows": self.windows}))
        for subject, parts in self.parts.items():
            self.past[subject].save(folder / f"{subject}_past")
            for at, part in enumerate(parts):
                part.save(folder / f"{subject}_{at}")


@dataclass(frozen=True)
class LaunchPartsModel:
    """A launch model of these makings, under a name."""

    name: str
    makings: tuple[Making, ...]
    phase: str = "new"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> LaunchParts:
        """Learn each part, totals and channels apart, and as seen ahead and as seen at last, unless it spans them."""
        started = cpu_seconds()
        encoder = Encoder.learn(examples, feature_names(self.phase), config.launch_rare_rows)
        taught, windows = lessons(examples, encoder, config.launch_announced_weight)
        parts = self._learned(taught, config)
        params = {
            "trees": config.launch_trees,
            "leaf_rows": config.launch_leaf_rows,
            "rounds": config.launch_rounds,
            "neighbours": config.launch_neighbours,
            "networks": config.launch_networks,
            "epochs": config.launch_epochs,
            "seed": config.seed,
        }
        past = {subject: LaunchMemory.of(taught[subject]) for subject in parts}
        card = finished(self.name, self.phase, examples, started, params)
        return LaunchParts(card, encoder, windows, self._weights, parts, past, self._needs)

    def _learned(self, taught: Mapping[str, Lesson], config: MlConfig) -> dict[str, tuple[Part, ...]]:
        """The parts of each kind and lead, in the order of the makings."""
        asked = {
            subject: [f"{kind}_{EITHER}" if making.spans_leads else subject for making in self.makings]
            for kind in KINDS
            for subject in (f"{kind}_{lead}" for lead in LEADS)
            if subject in taught
        }
        wanted = list(dict.fromkeys((lesson, at) for own in asked.values() for at, lesson in enumerate(own)))
        jobs = [
            Job(partial(self.makings[at].learn, taught[lesson], config), self.makings[at].is_network)
            for lesson, at in wanted
        ]
        found = dict(zip(wanted, in_lanes(jobs, config.threads), strict=True))
        return {subject: tuple(found[lesson, at] for at, lesson in enumerate(own)) for subject, own in asked.items()}

    @property
    def _needs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for making in self.makings for name in making.requirements))

    @property
    def _weights(self) -> Floats:
        """Share of each making in the levels and in the mean; both sum to 1."""
        weights = np.array([[making.weight, making.weight * making.says_mean] for making in self.makings])
        return np.asarray(weights / weights.sum(axis=0))

    def load(self, folder: Path) -> LaunchParts:
        """Read back what `save` wrote."""
        read = json.loads((folder / "parts.json").read_text())
        parts = {
            subject: tuple(making.load(folder / f"{subject}_{at}") for at, making in enumerate(self.makings))
            for subject in read["subjects"]
        }
        windows = tuple((int(weeks), int(offset)) for weeks, offset in read["windows"])
        encoder = Encoder.from_json((folder / "encoder.json").read_text())
        past = {subject: LaunchMemory.load(folder / f"{subject}_past") for subject in parts}
        return LaunchParts(Card.load(folder), encoder, windows, self._weights, parts, past, self._needs)
