"""A dense network that says all windows of a launch at once, as quantiles of a root of what they sell.

Trees say the same of launches that fall into the same leaves; a network moves smoothly with prices and velocities, and
errs elsewhere. Quantiles are a cumulative sum of what `softplus` keeps positive, so that they cannot cross. The loss is
the pinball loss of `4 ((1 + units)^1/4 - 1)`, whose quantiles are those of the units since it grows with them (a power
of Box and Cox 1964): in units the few large launches would teach alone, in logarithms they would count for too little.
It says no mean: that of a few large launches is better read off what launches like them sold.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from contracts.predictions import QUANTILES
from ml.config import MlConfig
from ml.demand.launch_parts import LaunchPartsModel, Making
from ml.demand.launch_scores import LAUNCH_TREES
from ml.demand.launch_sheet import Lesson, Window
from ml.keras_start import keras_on, load_network, save_network, train_in_turn

Floats = NDArray[np.float64]
Features = NDArray[np.float32]
_HIDDEN, _EMBEDDING, _LAST_STEP = (128, 64), 6, 0.02
# Farther from the mean than this many deviations says no more.
_FARTHEST = 5.0
# Power in which units are learned.
_POWER = 0.25
_SCORED = 8192


@dataclass(frozen=True)
class Scales:
    """From a launch's columns to what a network reads.

    Args:
        categorical: Positions of the columns that are codes.
        sizes: Codes of each of them that training rows had, 0 for all others.
        mean: Of the signed logarithm of each other column.
        deviation: The same.
    """

    categorical: tuple[int, ...]
    sizes: tuple[int, ...]
    mean: tuple[float, ...]
    deviation: tuple[float, ...]

    @classmethod
    def learn(cls, columns: Features, categorical: Sequence[int]) -> Scales:
        """Scales of training rows; a column that is never known, or always the same, is 0."""
        logs = _logs(columns, categorical)
        known = ~np.isnan(logs)
        count = np.maximum(known.sum(axis=0), 1)
        mean = np.where(known, logs, 0.0).sum(axis=0) / count
        spread = np.sqrt((np.where(known, logs - mean, 0.0) ** 2).sum(axis=0) / count)
        sizes = [int(columns[:, at].max(initial=0)) + 1 for at in categorical]
        return cls(tuple(categorical), tuple(sizes), tuple(mean), tuple(np.where(spread > 1e-6, spread, np.inf)))

    def inputs(self, columns: Features) -> list[NDArray[Any]]:
        """Standardised logarithms with the flags of what is missing, (rows, 2 · numbers), then each text's codes, (rows)."""
        logs = (_logs(columns, self.categorical) - np.array(self.mean)) / np.array(self.deviation)
        is_missing = np.isnan(logs)
        numbers = np.where(is_missing, 0.0, np.clip(logs, -_FARTHEST, _FARTHEST))
        codes = columns[:, list(self.categorical)].astype(np.int32)
        known = np.where(codes < np.array(self.sizes, dtype=np.int32), codes, 0).astype(np.int32)
        return [np.hstack([numbers, is_missing]).astype(np.float32), *known.T]


@dataclass(frozen=True)
class LaunchNet:
    """Networks that differ in their seed alone, answered for by their mean, and the scales of their columns."""

    scales: Scales
    networks: tuple[Any, ...]

    @classmethod
    def learn(cls, lesson: Lesson, config: MlConfig) -> LaunchNet:
        """Train on every window that is over, each weighed by its weeks, and launches that were announced by more."""
        lesson = lesson.thinned(config.launch_rows, config.seed)
        scales = Scales.learn(lesson.columns, lesson.categorical)
        inputs, sold = scales.inputs(lesson.columns), lesson.sold
        known = ~np.isnan(sold)
        weight = known * _weeks(lesson.windows) * lesson.weight[:, None]
        labels = np.stack([np.where(known, sold, 0.0), weight], axis=-1).astype(np.float32)
        return cls(scales, _trained(scales, inputs, labels, config))

    def speak(self, columns: Features, windows: Sequence[int]) -> Floats:
        """See `Part.speak`: the levels that the networks say on average, and NaN for the mean."""
        if not len(columns):
            return np.zeros((0, len(windows), len(QUANTILES) + 1))
        inputs = self.scales.inputs(columns)
        said = np.mean([_answers(network, inputs) for network in self.networks], axis=0)[:, list(windows)]
        return np.concatenate([said, np.full((*said.shape[:2], 1), np.nan)], axis=-1)

    def weights(self, columns: Features, window: int, launches: int) -> None:
        """None: a network remembers no launch."""

    def save(self, stem: Path) -> None:
        """Write the scales as JSON and each network as `.keras`."""
        stem.with_suffix(".json").write_text(json.dumps(asdict(self.scales) | {"networks": len(self.networks)}))
        for at, network in enumerate(self.networks):
            save_network(network, stem.with_name(f"{stem.name}_{at}.keras"))

    @classmethod
    def load(cls, stem: Path) -> LaunchNet:
        """Read back what `save` wrote."""
        kept = json.loads(stem.with_suffix(".json").read_text())
        count = kept.pop("networks")
        scales = Scales(**{name: tuple(values) for name, values in kept.items()})
        return cls(scales, tuple(load_network(stem.with_name(f"{stem.name}_{at}.keras")) for at in range(count)))


def _weeks(windows: Sequence[Window]) -> Floats:
    weeks = np.array([weeks for weeks, _ in windows], dtype=np.float64)
    return np.asarray(weeks / weeks.sum())


def _logs(columns: Features, categorical: Sequence[int]) -> Floats:
    """`sign(x) · ln(1 + |x|)` of the columns that are no codes."""
    numbers = np.delete(columns, list(categorical), axis=1).astype(np.float64)
    return np.asarray(np.sign(numbers) * np.log1p(np.abs(numbers)))


def _trained(scales: Scales, inputs: list[NDArray[Any]], labels: Features, config: MlConfig) -> tuple[Any, ...]:
    keras = keras_on(config.threads)
    seeds = [1000 * config.seed + 100 * at for at in range(config.launch_networks)]
    steps = max(1, -(-len(labels) * config.launch_epochs // config.launch_batch))

    schedule = keras.optimizers.schedules.CosineDecay(config.launch_step, steps, _LAST_STEP)
    compiled = {"optimizer": keras.optimizers.AdamW(schedule, weight_decay=1e-3), "loss": _loss(keras)}

    def fit(network: Any, at: int) -> None:
        # Each pass in an order of its own, drawn here: what Keras draws depends on what was drawn before it. All of
        # them lie in one call, since every call costs as much as a hundred steps.
        rng = np.random.default_rng(seeds[at])
        order = np.concatenate([rng.permutation(len(labels)) for _ in range(config.launch_epochs)])
        given = [part[order] for part in inputs]
        network.fit(given, labels[order], batch_size=config.launch_batch, epochs=1, shuffle=False, verbose=0)

    networks = [_network(keras, scales, inputs, labels.shape[1], config, seed) for seed in seeds]
    return train_in_turn(networks, compiled, fit)


def _network(keras: Any, scales: Scales, inputs: list[NDArray[Any]], windows: int, config: MlConfig, seed: int) -> Any:
    """Every draw has a seed and every layer a name of its own, so that the same network has the same bytes."""
    layers, start = keras.layers, keras.initializers
    numbers = keras.Input(inputs[0].shape[1:], name="numbers")
    codes, read = [], [numbers]
    for at, size in enumerate(scales.sizes):
        code = keras.Input((), dtype="int32", name=f"code_{at}")
        values = start.RandomUniform(-0.05, 0.05, seed + at)
        table = layers.Embedding(size, min(_EMBEDDING, size), values, name=f"embedding_{at}")
        drop = layers.Dropout(config.launch_dropout, seed=seed + 50 + at, name=f"embedding_drop_{at}")
        read.append(drop(table(code)))
        codes.append(code)
    hidden = layers.Concatenate(name="columns")(read)
    for at, units in enumerate(_HIDDEN):
        start_at = start.GlorotUniform(seed + 20 + at)
        hidden = layers.Dense(units, activation="gelu", kernel_initializer=start_at, name=f"hidden_{at}")(hidden)
        hidden = layers.Dropout(config.launch_dropout, seed=seed + 30 + at, name=f"drop_{at}")(hidden)
    last = layers.Dense(windows * len(QUANTILES), kernel_initializer=start.GlorotUniform(seed + 40), name="answers")
    said = layers.Reshape((windows, len(QUANTILES)), name="windows")(last(hidden))
    return keras.Model([numbers, *codes], said, name="launches")


def _loss(keras: Any) -> Callable[[Any, Any], Any]:
    ops = keras.ops
    levels = np.array(QUANTILES, dtype=np.float32)

    def loss(labels: Any, raw: Any) -> Any:
        """Per row: pinball loss of the powers over the windows that are known."""
        sold, weight = labels[..., 0], labels[..., 1]
        steps = ops.concatenate([raw[..., :1], ops.softplus(raw[..., 1:])], axis=-1)
        error = ((1.0 + sold) ** _POWER - 1.0)[..., None] / _POWER - ops.cumsum(steps, axis=-1)
        pinball = ops.mean(ops.maximum(levels * error, (levels - 1.0) * error), axis=-1)
        return ops.sum(weight * pinball, axis=-1)

    return loss


def _answers(network: Any, inputs: list[NDArray[Any]]) -> Floats:
    """Quantiles of every row and window, in units; shape (rows, windows, levels)."""
    parts = []
    for at in range(0, len(inputs[0]), _SCORED):
        raw = np.asarray(network([part[at : at + _SCORED] for part in inputs], training=False), dtype=np.float64)
        steps = np.concatenate([raw[..., :1], np.logaddexp(0.0, raw[..., 1:])], axis=-1)
        powers = np.maximum(np.cumsum(steps, axis=-1), 0.0)
        parts.append((1.0 + _POWER * powers) ** (1.0 / _POWER) - 1.0)
    return np.concatenate(parts)


# Half the network, half the trees. Chosen by four folds over the launches announced by week 20, on labels up to week 29.
_NET = Making(
    0.5,
    LaunchNet.learn,
    LaunchNet.load,
    says_mean=False,
    spans_leads=True,
    requirements=("keras", "tensorflow-cpu"),
    is_network=True,
)
LAUNCH_BLEND = LaunchPartsModel(
    "launch_blend", (_NET, *(replace(making, weight=making.weight / 2) for making in LAUNCH_TREES.makings))
)
