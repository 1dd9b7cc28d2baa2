"""A recurrent network for established products: the past weeks read by an LSTM, all windows answered at once.

The state that an LSTM leaves after 26 weeks meets the series' features, is repeated for each window of the horizon,
meets what is known of that window, and becomes quantiles and a mean. Quantiles are a cumulative sum of what `softplus`
keeps positive, so that they cannot cross. Units are a multiple of the series' level and rows weigh by it, so that the
loss is one in units: the mean pinball loss over the levels, and a Poisson loss for the mean.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.artefacts import Card, TrainedOnPast, finished
from ml.demand.interface import ALL_CHANNELS
from ml.demand.lstm_tensors import TEXTS, Tensors, layout
from ml.demand.quantiles import as_frame
from ml.demand.weekly import PAST, PAST_WEEKS
from ml.keras_start import keras_on, load_network, save_network, train_in_turn
from ml.lanes import cpu_seconds

Floats = NDArray[np.float64]
_NETWORK, _TENSORS = "network_{}.keras", "tensors.json"
_HIDDEN, _EMBEDDING, _LAST_STEP = (96, 96, 64), 8, 0.02
# What the Poisson loss of the mean weighs beside the pinball loss of the quantiles.
_MEAN_WEIGHT = 0.2
_RARE_ROWS = 20
_SCORED = 8192


@dataclass(frozen=True)
class Lstm(TrainedOnPast):
    """Networks that differ in their seed alone, answered for by their mean, and how examples become their tensors."""

    tensors: Tensors
    networks: tuple[Any, ...]

    def predict(self, examples: pd.DataFrame) -> pd.DataFrame:
        """See `DemandFitted.predict`; examples bring their past weeks."""
        if examples.empty:
            return as_frame(np.zeros((0, len(QUANTILES))), np.zeros(0), examples.index)
        placed = layout(examples, self.tensors.windows)
        inputs = self.tensors.inputs(examples, placed)
        answers = np.mean([_answers(network, inputs) for network in self.networks], axis=0)[placed.row, placed.place]
        level = placed.level[placed.row] * examples["window_weeks"].to_numpy(np.float64)
        return as_frame(answers[:, :-1] * level[:, None], answers[:, -1] * level, examples.index)

    def save(self, folder: Path) -> None:
        """Write the card, the tensors' scales as JSON and each network as `.keras`."""
        self.card.save(folder)
        (folder / _TENSORS).write_text(self.tensors.to_json())
        for place, network in enumerate(self.networks):
            save_network(network, folder / _NETWORK.format(place))

    @property
    def requirements(self) -> tuple[str, ...]:
        """Distributions that loading it needs."""
        return ("keras", "tensorflow-cpu", *super().requirements)


@dataclass(frozen=True)
class LstmModel:
    """LSTM over past weeks, direct over horizons and windows, in Keras."""

    name: str = "lstm"
    phase: str = "established"
    is_baseline: bool = False

    def fit(self, examples: pd.DataFrame, config: MlConfig) -> Lstm:
        """Train `lstm_networks` networks on the totals and a sample of the channels' series."""
        started = cpu_seconds()
        drawn = _drawn(examples, config)
        tensors = Tensors.learn(drawn, min(_RARE_ROWS, max(len(drawn) // 1000, 1)))
        placed = layout(drawn, tensors.windows)
        inputs, labels = tensors.inputs(drawn, placed), tensors.labels(drawn, placed)
        networks = _trained(tensors, inputs, labels, config)
        params = {
            "series": len(placed.first),
            "networks": config.lstm_networks,
            "epochs": config.lstm_epochs,
            "batch": config.lstm_batch,
            "cells": config.lstm_cells,
            "hidden": "×".join(map(str, _HIDDEN)),
            "dropout": config.lstm_dropout,
            "step": config.lstm_step,
            "seed": config.seed,
        }
        return Lstm(finished(self.name, self.phase, examples, started, params), tensors, networks)

    def load(self, folder: Path) -> Lstm:
        """Read back what `save` wrote."""
        card = Card.load(folder)
        networks = tuple(load_network(folder / _NETWORK.format(at)) for at in range(int(str(card.params["networks"]))))
        return Lstm(card, Tensors.from_json((folder / _TENSORS).read_text()), networks)


def _drawn(examples: pd.DataFrame, config: MlConfig) -> pd.DataFrame:
    """Whole series, in an order of their own: every total that fits, channels' series in the room that is left."""
    ordered = examples.sort_values(["origin_week", "product_id", "channel", "window_weeks", "offset_weeks"])
    series = ordered.groupby(["origin_week", "product_id", "channel"], sort=False, observed=True).ngroup().to_numpy()
    is_total = (ordered["channel"] == ALL_CHANNELS).to_numpy()[np.unique(series, return_index=True)[1]]
    rng = np.random.default_rng(config.seed)
    mixed = rng.permutation(len(is_total))
    kept = np.concatenate([mixed[is_total[mixed]], mixed[~is_total[mixed]]])[: config.lstm_series]
    place = np.full(len(is_total), -1)
    place[rng.permutation(kept)] = np.arange(len(kept))
    rows = np.flatnonzero(place[series] >= 0)
    return ordered.iloc[rows[np.argsort(place[series[rows]], kind="stable")]]


def _trained(tensors: Tensors, inputs: list[Any], labels: NDArray[np.float32], config: MlConfig) -> tuple[Any, ...]:
    keras = keras_on(config.threads)
    seeds = [1000 * config.seed + 100 * at for at in range(config.lstm_networks)]
    steps = max(1, -(-len(labels) // config.lstm_batch) * config.lstm_epochs)

    schedule = keras.optimizers.schedules.CosineDecay(config.lstm_step, steps, _LAST_STEP)
    compiled = {"optimizer": keras.optimizers.Adam(schedule), "loss": _loss(keras)}

    def fit(network: Any, at: int) -> None:
        network.fit(inputs, labels, batch_size=config.lstm_batch, epochs=config.lstm_epochs, shuffle=False, verbose=0)

    return train_in_turn([_network(keras, tensors, inputs, config, seed) for seed in seeds], compiled, fit)


def _network(keras: Any, tensors: Tensors, inputs: list[Any], config: MlConfig, seed: int) -> Any:
    """Every draw has a seed and every layer a name of its own, so that the same network has the same bytes."""
    layers, start = keras.layers, keras.initializers
    past = keras.Input((PAST_WEEKS, len(PAST)), name="past")
    coming = keras.Input(inputs[1].shape[1:], name="coming")
    series = keras.Input(inputs[2].shape[1:], name="series")
    codes, read = [], [series]
    for place, (name, size) in enumerate(zip(TEXTS, tensors.sizes, strict=True)):
        code = keras.Input((), dtype="int32", name=f"{name}_code")
        values = start.RandomUniform(-0.05, 0.05, seed + place)
        read.append(layers.Embedding(size, min(_EMBEDDING, size), values, name=f"{name}_embedding")(code))
        codes.append(code)
    state = layers.LSTM(
        config.lstm_cells,
        kernel_initializer=start.GlorotUniform(seed + 10),
        recurrent_initializer=start.Orthogonal(seed=seed + 11),
        name="lstm",
    )(past)
    dense = [
        layers.Dense(
            units, activation="relu", kernel_initializer=start.GlorotUniform(seed + 20 + place), name=f"hidden_{place}"
        )
        for place, units in enumerate(_HIDDEN)
    ]
    drop = [layers.Dropout(config.lstm_dropout, seed=seed + 30 + place, name=f"drop_{place}") for place in range(2)]
    joined = drop[0](dense[0](layers.Concatenate(name="state_and_series")([state, *read])))
    repeated = layers.RepeatVector(len(tensors.windows), name="windows")(joined)
    hidden = drop[1](dense[1](layers.Concatenate(name="state_and_window")([repeated, coming])))
    last = layers.Dense(len(QUANTILES) + 1, kernel_initializer=start.GlorotUniform(seed + 40), name="answers")
    return keras.Model([past, coming, series, *codes], last(dense[2](hidden)), name="demand")


def _split(ops: Any, raw: Any) -> tuple[Any, Any]:
    """Quantiles, shape (rows, windows, levels), and mean, (rows, windows), of what the last layer says."""
    first, rest = ops.softplus(raw[..., :1]), ops.softplus(raw[..., 1:-1] - 1.0)
    return ops.cumsum(ops.concatenate([first, rest], axis=-1), axis=-1), ops.softplus(raw[..., -1])


def _loss(keras: Any) -> Callable[[Any, Any], Any]:
    ops = keras.ops
    levels = np.array(QUANTILES, dtype=np.float32)

    def loss(labels: Any, raw: Any) -> Any:
        """Per row: pinball loss of the quantiles and Poisson loss of the mean, windows weighed by their level."""
        quantiles, mean = _split(ops, raw)
        sold, weight = labels[..., 0], labels[..., 1]
        error = sold[..., None] - quantiles
        pinball = ops.mean(ops.maximum(levels * error, (levels - 1.0) * error), axis=-1)
        poisson = mean - sold * ops.log(mean + 1e-6)
        return ops.sum(weight * (pinball + _MEAN_WEIGHT * poisson), axis=-1)

    return loss


def _answers(network: Any, inputs: list[Any]) -> Floats:
    """Quantiles and the mean of every row and window, as multiples of the level; shape (rows, windows, levels + 1)."""
    parts = []
    for at in range(0, len(inputs[0]), _SCORED):
        raw = np.asarray(network([part[at : at + _SCORED] for part in inputs], training=False), dtype=np.float64)
        positive = np.logaddexp(0.0, raw - np.r_[0.0, np.ones(len(QUANTILES) - 1), 0.0])
        parts.append(np.concatenate([np.cumsum(positive[..., :-1], axis=-1), positive[..., -1:]], axis=-1))
    return np.concatenate(parts)
