"""Small networks in Keras, and their mean: an embedding a text, standardised numbers, two dense layers, a linear path beside.

Networks that start elsewhere end elsewhere; the mean of their log-odds orders better than most of them.

Beside the columns of the task it reads the customer's affinity to the product (`ml.response.affinity`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.keras_start import keras_on, load_network, save_network, train_in_turn
from ml.response.affinity import KEPT, READS, Affinity, learn_affinity
from ml.response.preprocessing import Preprocessing, from_json
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_MODEL, _COLUMNS, _AFFINITY, _FACTS = "network_{number}.keras", "preprocessing.json", "affinity.npz", "network.json"
_EMBEDDING, _HIDDEN, _STEP = 8, (128, 64), 2e-3
# Between the seeds of two networks; further apart than the seeds of one network's layers.
_APART = 1_000
# Rows of one step of scoring: large enough to be quick, small enough for memory.
_SCORED = 65_536


@dataclass(frozen=True)
class KerasScorer:
    """The networks beside their preprocessing.

    Args:
        preprocessing: Columns to numbers.
        affinity: Of customers to products.
        networks: Keras models; each returns log-odds of the balanced sample.
        shift: From those to log-odds of the population.
        facts: What they were trained with.
    """

    preprocessing: Preprocessing
    affinity: Affinity
    networks: tuple[Any, ...]
    shift: float
    facts: Mapping[str, object]

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit."""
        return self.facts

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population, the mean over the networks."""
        inputs = _inputs(self.preprocessing, self.affinity, rows)
        parts = [self._mean([column[at : at + _SCORED] for column in inputs]) for at in range(0, len(rows), _SCORED)]
        return np.concatenate(parts) + self.shift if parts else np.empty(0)

    def _mean(self, inputs: list[NDArray[Any]]) -> Floats:
        said = [np.asarray(network(inputs, training=False), dtype=np.float64)[:, 0] for network in self.networks]
        return np.asarray(np.mean(said, axis=0))

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows by text column whose value training rows did not have."""
        return self.preprocessing.unseen(rows)

    def save(self, folder: Path) -> None:
        """Write each network as `.keras` and the rest as JSON."""
        for number, network in enumerate(self.networks):
            save_network(network, folder / _MODEL.format(number=number))
        (folder / _COLUMNS).write_text(self.preprocessing.to_json())
        np.savez(folder / _AFFINITY, allow_pickle=False, **self.affinity.arrays())
        (folder / _FACTS).write_text(json.dumps({"shift": self.shift, "facts": self.facts}, sort_keys=True))


@dataclass(frozen=True)
class Keras:
    """The networks, trained on a balance of purchases and the rest."""

    name: str = "keras"
    requirements: tuple[str, ...] = ("keras", "tensorflow-cpu", "numpy", "pandas")
    reads: tuple[str, ...] = READS

    def fit(self, sample: Sample, config: MlConfig) -> KerasScorer:
        """Train in the sample's own order, which is mixed; the step shrinks to nothing over the passes."""
        keras = keras_on(config.threads)
        affinity = learn_affinity(sample, config)
        inputs = _inputs(sample.preprocessing, affinity, sample.rows)
        seeds = [config.seed + _APART * number for number in range(config.response_networks)]
        networks = _trained(keras, sample, inputs, config, seeds)
        facts = {
            "rows": len(sample.rows),
            "epochs": config.response_epochs,
            "batch": config.response_batch,
            "seed": config.seed,
            "networks": config.response_networks,
            "embedding": _EMBEDDING,
            "hidden": "×".join(map(str, _HIDDEN)),
            "step": _STEP,
        }
        return KerasScorer(sample.preprocessing, affinity.newest(KEPT), networks, sample.shift, facts)

    def load(self, folder: Path) -> KerasScorer:
        """Read the networks and their preprocessing; refuses code inside the files."""
        kept = json.loads((folder / _FACTS).read_text())
        numbers = range(kept["facts"]["networks"])
        networks = tuple(load_network(folder / _MODEL.format(number=number)) for number in numbers)
        with np.load(folder / _AFFINITY, allow_pickle=False) as arrays:
            affinity = Affinity.from_arrays(dict(arrays))
        preprocessing = from_json((folder / _COLUMNS).read_text())
        return KerasScorer(preprocessing, affinity, networks, kept["shift"], kept["facts"])


def _trained(
    keras: Any, sample: Sample, inputs: list[NDArray[Any]], config: MlConfig, seeds: Sequence[int]
) -> tuple[Any, ...]:
    # A shop of less than one batch has one step a pass.
    steps = -(-len(sample.rows) // config.response_batch) * config.response_epochs
    label, weight = sample.label[:, None].astype(np.float32), sample.balanced / sample.balanced.mean()

    compiled = {
        "optimizer": keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_STEP, steps)),
        "loss": keras.losses.BinaryCrossentropy(from_logits=True),
    }

    def fit(network: Any, at: int) -> None:
        network.fit(
            inputs,
            label,
            sample_weight=weight.astype(np.float32),
            batch_size=config.response_batch,
            epochs=config.response_epochs,
            shuffle=False,
            verbose=0,
        )

    return train_in_turn([_network(keras, sample.preprocessing, seed) for seed in seeds], compiled, fit)


def _network(keras: Any, preprocessing: Preprocessing, seed: int) -> Any:
    """Initial values are the only draws, so seeding them leaves the process's own generators alone.

    Every layer has a name of its own: Keras would number them on through the process's life, and the same network
    would not have the same bytes.
    """
    layers, start = keras.layers, keras.initializers
    inputs = [keras.Input((2 * len(preprocessing.numbers) + 2,), name="numbers")]
    parts = [inputs[0]]
    for place, (text, size) in enumerate(zip(preprocessing.texts, preprocessing.code_counts, strict=True)):
        values = start.RandomUniform(-0.05, 0.05, seed + place)
        code = keras.Input((1,), dtype="int32", name=f"{text.name}_code")
        embedded = layers.Embedding(size, min(_EMBEDDING, size), values, name=f"{text.name}_embedding")(code)
        parts.append(layers.Flatten(name=f"{text.name}_values")(embedded))
        inputs.append(code)
    wide = layers.Concatenate(name="wide")(parts)
    deep = wide
    for place, units in enumerate(_HIDDEN):
        weights = start.GlorotUniform(seed + units)
        deep = layers.Dense(units, activation="relu", kernel_initializer=weights, name=f"hidden_{place}")(deep)
    last = layers.Dense(1, kernel_initializer=start.GlorotUniform(seed), name="log_odds")
    return keras.Model(inputs, last(layers.Concatenate(name="both")([deep, wide])), name="response")


def _inputs(preprocessing: Preprocessing, affinity: Affinity, rows: pd.DataFrame) -> list[NDArray[Any]]:
    """The numbers, then one column of codes a text."""
    codes = preprocessing.codes(rows)
    numbers = np.hstack([preprocessing.scaled(rows), affinity.scaled(rows)])
    return [numbers, *(codes[:, [place]] for place in range(codes.shape[1]))]
