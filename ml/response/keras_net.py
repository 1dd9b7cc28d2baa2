"""A small network in Keras: an embedding a text, standardised numbers, two dense layers, a linear path beside.

TensorFlow is imported where it is used: it must not share a process with the solver, nor slow an import.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.response.preprocessing import Preprocessing, from_json
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_MODEL, _COLUMNS, _FACTS = "network.keras", "preprocessing.json", "network.json"
_EMBEDDING, _HIDDEN, _STEP = 8, (128, 64), 2e-3
# Rows of one step of scoring: large enough to be quick, small enough for memory.
_SCORED = 65_536


@dataclass(frozen=True)
class KerasScorer:
    """The network beside its preprocessing.

    Args:
        preprocessing: Columns to numbers.
        network: The Keras model; returns log-odds of the balanced sample.
        shift: From those to log-odds of the population.
        facts: What it was trained with.
    """

    preprocessing: Preprocessing
    network: Any
    shift: float
    facts: Mapping[str, object]

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit."""
        return self.facts

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population."""
        numbers, codes = self.preprocessing.scaled(rows), self.preprocessing.codes(rows)
        parts = [
            np.asarray(self.network([numbers[at : at + _SCORED], codes[at : at + _SCORED]], training=False))[:, 0]
            for at in range(0, len(rows), _SCORED)
        ]
        return np.concatenate(parts).astype(np.float64) + self.shift if parts else np.empty(0)

    def save(self, folder: Path) -> None:
        """Write the network as `.keras` and the rest as JSON."""
        self.network.save(folder / _MODEL)
        _forget_when(folder / _MODEL)
        (folder / _COLUMNS).write_text(self.preprocessing.to_json())
        (folder / _FACTS).write_text(json.dumps({"shift": self.shift, "facts": self.facts}, sort_keys=True))


@dataclass(frozen=True)
class Keras:
    """The network, trained on a balance of purchases and the rest."""

    name: str = "keras"
    requirements: tuple[str, ...] = ("keras", "tensorflow-cpu", "numpy", "pandas")

    def fit(self, sample: Sample, config: MlConfig) -> KerasScorer:
        """Train in the sample's own order, which is mixed; the step shrinks to nothing over the passes."""
        keras = _keras(config.threads)
        network = _network(keras, sample.preprocessing, config.seed)
        steps = max(1, len(sample.rows) // config.response_batch * config.response_epochs)
        network.compile(
            optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_STEP, steps)),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        network.fit(
            [sample.preprocessing.scaled(sample.rows), sample.preprocessing.codes(sample.rows)],
            sample.label[:, None].astype(np.float32), sample_weight=sample.balanced.astype(np.float32),
            batch_size=config.response_batch, epochs=config.response_epochs, shuffle=False, verbose=0,
        )
        facts = {
            "rows": len(sample.rows), "epochs": config.response_epochs, "batch": config.response_batch,
            "seed": config.seed, "embedding": _EMBEDDING, "hidden": "×".join(map(str, _HIDDEN)), "step": _STEP,
        }
        return KerasScorer(sample.preprocessing, network, sample.shift, facts)

    def load(self, folder: Path) -> KerasScorer:
        """Read the network and its preprocessing; refuses code inside the file."""
        network = _keras(None).saving.load_model(folder / _MODEL, compile=False, safe_mode=True)
        kept = json.loads((folder / _FACTS).read_text())
        return KerasScorer(from_json((folder / _COLUMNS).read_text()), network, kept["shift"], kept["facts"])


def _keras(threads: int | None) -> Any:
    """Keras on TensorFlow with repeatable operations; thread counts hold from the process's first use on."""
    import keras
    import tensorflow as tf

    tf.config.experimental.enable_op_determinism()
    if threads is not None:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
        except RuntimeError:  # TensorFlow already started in this process and keeps the counts it started with.
            pass
    return keras


def _network(keras: Any, preprocessing: Preprocessing, seed: int) -> Any:
    """Initial values are the only draws, so seeding them leaves the process's own generators alone."""
    layers, start = keras.layers, keras.initializers
    numbers = keras.Input((2 * len(preprocessing.numbers),), name="numbers")
    codes = keras.Input((len(preprocessing.texts),), dtype="int32", name="codes")
    parts = [numbers]
    for place, size in enumerate(preprocessing.code_counts):
        values = start.RandomUniform(-0.05, 0.05, seed + place)
        embedding = layers.Embedding(size, min(_EMBEDDING, size), values, name=preprocessing.texts[place].name)
        parts.append(layers.Flatten()(embedding(codes[:, place : place + 1])))
    wide = layers.Concatenate()(parts)
    deep = wide
    for units in _HIDDEN:
        deep = layers.Dense(units, activation="relu", kernel_initializer=start.GlorotUniform(seed + units))(deep)
    last = layers.Dense(1, kernel_initializer=start.GlorotUniform(seed), name="log_odds")
    return keras.Model([numbers, codes], last(layers.Concatenate()([deep, wide])))


def _forget_when(path: Path) -> None:
    """Rewrite a `.keras` archive without dates, so that the same network has the same bytes."""
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in sorted(archive.namelist())}
    about = json.loads(entries["metadata.json"])
    entries["metadata.json"] = json.dumps({**about, "date_saved": ""}, sort_keys=True).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    path.write_bytes(packed.getvalue())
