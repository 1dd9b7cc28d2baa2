"""What the networks of the race share: one pass in small steps over rows that stay codes until a step unfolds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.config import MlConfig
from ml.keras_start import keras_on, load_network, save_network
from ml.response.preprocessing import Preprocessing, from_json
from ml.response.sample import Sample

Floats = NDArray[np.float64]
_MODEL, _COLUMNS, _FACTS, _PAST = "network.keras", "preprocessing.json", "network.json", "past.npz"
_STEP = 3e-3
_SCORED = 8_192


class View(Protocol):
    """How a network sees rows."""

    def fold(self, rows: pd.DataFrame) -> Callable[[slice], list[NDArray[Any]]]:
        """From a stretch of these rows to the network's inputs."""

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What it keeps beside the preprocessing, as arrays by name."""


@dataclass(frozen=True)
class NetScorer:
    """A network beside its view.

    Args:
        preprocessing: Columns to numbers.
        view: Rows to inputs.
        network: Returns log-odds of the balanced sample.
        shift: From those to log-odds of the population.
        facts: What it was trained with.
    """

    preprocessing: Preprocessing
    view: View
    network: Any
    shift: float
    facts: Mapping[str, object]

    @property
    def params(self) -> Mapping[str, object]:
        """What steered the fit."""
        return self.facts

    def log_odds(self, rows: pd.DataFrame) -> Floats:
        """Log-odds of the population."""
        inputs = self.view.fold(rows)
        parts = [
            np.asarray(self.network(inputs(slice(at, at + _SCORED)), training=False))[:, 0]
            for at in range(0, len(rows), _SCORED)
        ]
        return np.concatenate(parts).astype(np.float64) + self.shift if parts else np.empty(0)

    def unseen(self, rows: pd.DataFrame) -> Mapping[str, float]:
        """Share of rows by text column whose value training rows did not have."""
        return self.preprocessing.unseen(rows)

    def save(self, folder: Path) -> None:
        """Write the network as `.keras`, arrays as npz and the rest as JSON."""
        save_network(self.network, folder / _MODEL)
        (folder / _COLUMNS).write_text(self.preprocessing.to_json())
        np.savez(folder / _PAST, allow_pickle=False, **self.view.arrays())
        (folder / _FACTS).write_text(json.dumps({"shift": self.shift, "facts": self.facts}, sort_keys=True))


@dataclass(frozen=True)
class Net:
    """A network as a response model.

    Args:
        name: Registered name.
        see: From a sample to its view.
        build: From Keras, the view and a seed to a network of the view's inputs.
        read: From preprocessing and the arrays of a view to it.
        reads: Columns that it reads beside the task's.
    """

    name: str
    see: Callable[[Sample], View]
    build: Callable[[Any, Any, int], Any]
    read: Callable[[Preprocessing, Mapping[str, NDArray[Any]]], View]
    reads: tuple[str, ...] = ("customer_id", "product_id")
    requirements: tuple[str, ...] = ("keras", "tensorflow-cpu", "numpy", "pandas", "scipy")

    def fit(self, sample: Sample, config: MlConfig) -> NetScorer:
        """One pass in the sample's own order, which is mixed; the step shrinks to nothing over it.

        Initial values are the only draws, each seeded for itself.
        """
        keras = keras_on(config.threads)
        view = self.see(sample)
        network = self.build(keras, view, config.seed)
        weight = (sample.balanced / sample.balanced.mean()).astype(np.float32)
        label, inputs = sample.label[:, None].astype(np.float32), view.fold(sample.rows)
        starts = range(0, len(label), config.response_batch)
        network.compile(
            optimizer=keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(_STEP, len(starts))),
            loss=keras.losses.BinaryCrossentropy(from_logits=True),
        )
        for at in starts:
            part = slice(at, at + config.response_batch)
            network.train_on_batch(inputs(part), label[part], sample_weight=weight[part])
        facts = {"rows": len(label), "batch": config.response_batch, "seed": config.seed, "step": _STEP}
        # What is kept is the network alone, without what it was compiled with.
        trained = keras.Model(network.inputs, network.outputs[0], name=network.name)
        return NetScorer(sample.preprocessing, view, trained, sample.shift, facts)

    def load(self, folder: Path) -> NetScorer:
        """Read all of it; refuses code inside the network's file and pickles."""
        kept = json.loads((folder / _FACTS).read_text())
        preprocessing = from_json((folder / _COLUMNS).read_text())
        with np.load(folder / _PAST, allow_pickle=False) as arrays:
            view = self.read(preprocessing, dict(arrays))
        return NetScorer(preprocessing, view, load_network(folder / _MODEL), kept["shift"], kept["facts"])


@dataclass(frozen=True)
class Layers:
    """Keras layers with names of their own and seeded initial values, so that the same network has the same bytes.

    Args:
        keras: Keras.
        seed: Of all initial values; each layer's is its own.
    """

    keras: Any
    seed: int

    def dense(self, units: int, name: str, activation: str | None = None, use_bias: bool = True) -> Any:
        """A dense layer."""
        start = self.keras.initializers.GlorotUniform(self._own(name))
        return self.keras.layers.Dense(
            units, activation=activation, use_bias=use_bias, kernel_initializer=start, name=name
        )

    def embedding(self, size: int, units: int, name: str, spread: float = 0.05) -> Any:
        """An embedding."""
        start = self.keras.initializers.RandomUniform(-spread, spread, self._own(name))
        return self.keras.layers.Embedding(size, units, start, name=name)

    def convolution(self, units: int, width: int, name: str) -> Any:
        """A convolution over time."""
        start = self.keras.initializers.GlorotUniform(self._own(name))
        return self.keras.layers.Conv1D(
            units, width, padding="same", activation="relu", kernel_initializer=start, name=name
        )

    def _own(self, name: str) -> int:
        return self.seed * 1_000 + sum(map(ord, name)) % 1_000


@dataclass(frozen=True)
class Range:
    """Standardised numbers as training rows had them: products of columns must not run away where those never were.

    Args:
        low: Smallest of each column of `Preprocessing.scaled`.
        high: Largest.
    """

    low: NDArray[np.float32]
    high: NDArray[np.float32]

    @classmethod
    def of(cls, sample: Sample) -> Range:
        """The range of a sample's rows."""
        scaled = sample.preprocessing.scaled(sample.rows)
        return cls(scaled.min(axis=0), scaled.max(axis=0))

    def numbers(self, preprocessing: Preprocessing, rows: pd.DataFrame) -> NDArray[np.float32]:
        """`Preprocessing.scaled`, none of it outside."""
        return np.clip(preprocessing.scaled(rows), self.low, self.high)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What `from_arrays` reads."""
        return {"range_low": self.low, "range_high": self.high}

    @classmethod
    def from_arrays(cls, kept: Mapping[str, NDArray[Any]]) -> Range:
        """The inverse of `arrays`."""
        return cls(kept["range_low"], kept["range_high"])


def columns_of(preprocessing: Preprocessing, is_own: Callable[[str], bool]) -> list[int]:
    """Places in `Preprocessing.scaled` of the numbers that are asked for, and of their missing flags."""
    own = [place for place, number in enumerate(preprocessing.numbers) if is_own(number.name)]
    return [*own, *(place + len(preprocessing.numbers) for place in own)]


def embedded_texts(layers: Layers, preprocessing: Preprocessing, units: int) -> tuple[list[Any], list[Any]]:
    """Inputs of text codes and their embeddings, one each a text."""
    inputs, values = [], []
    for text, size in zip(preprocessing.texts, preprocessing.code_counts, strict=True):
        code = layers.keras.Input((1,), dtype="int32", name=f"{text.name}_code")
        value = layers.embedding(size, min(units, size), f"{text.name}_embedding")(code)
        inputs.append(code)
        values.append(layers.keras.layers.Flatten(name=f"{text.name}_values")(value))
    return inputs, values


def columns(codes: NDArray[np.int32]) -> Sequence[NDArray[np.int32]]:
    """Each column by itself, as networks take codes."""
    return [codes[:, [place]] for place in range(codes.shape[1])]
