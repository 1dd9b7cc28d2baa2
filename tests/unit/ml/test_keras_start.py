"""Networks trained in turn by one traced step learn what each learns alone, to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ml.keras_start import keras_on, train_in_turn

ROWS, COLUMNS, EPOCHS = 256, 5, 3


@pytest.fixture(scope="module")
def keras() -> Any:
    return keras_on(1)


@pytest.fixture(scope="module")
def known() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    columns = rng.normal(size=(ROWS, COLUMNS)).astype(np.float32)
    return columns, (columns[:, :1] * columns[:, 1:2]).astype(np.float32)


def _network(keras: Any, seed: int) -> Any:
    """With dropout, whose random state must start anew too."""
    layers, start = keras.layers, keras.initializers.GlorotUniform
    given = keras.Input((COLUMNS,), name="given")
    hidden = layers.Dense(8, activation="relu", kernel_initializer=start(seed), name="hidden")(given)
    hidden = layers.Dropout(0.3, seed=seed, name="drop")(hidden)
    return keras.Model([given], layers.Dense(1, kernel_initializer=start(seed + 1), name="last")(hidden))


def _trained(keras: Any, known: tuple[np.ndarray, np.ndarray], seeds: list[int]) -> list[np.ndarray]:
    columns, label = known

    schedule = keras.optimizers.schedules.CosineDecay(1e-2, EPOCHS * ROWS // 32)
    compiled = {"optimizer": keras.optimizers.AdamW(schedule), "loss": "mse"}

    def fit(network: Any, at: int) -> None:
        order = np.random.default_rng(seeds[at]).permutation(ROWS)
        network.fit([columns[order]], label[order], batch_size=32, epochs=EPOCHS, shuffle=False, verbose=0)

    networks = train_in_turn([_network(keras, seed) for seed in seeds], compiled, fit)
    return [np.asarray(network([columns], training=False)) for network in networks]


def test_networks_learn_in_turn_what_each_learns_alone(keras: Any, known: tuple[np.ndarray, np.ndarray]) -> None:
    together = _trained(keras, known, [10, 20, 30])
    for seed, answers in zip((10, 20, 30), together, strict=True):
        np.testing.assert_array_equal(answers, _trained(keras, known, [seed])[0])


def test_networks_of_other_seeds_say_other_things(keras: Any, known: tuple[np.ndarray, np.ndarray]) -> None:
    first, second = _trained(keras, known, [10, 20])
    assert np.abs(first - second).max() > 1e-3


def test_they_learn(keras: Any, known: tuple[np.ndarray, np.ndarray]) -> None:
    columns, label = known
    untrained = np.asarray(_network(keras, 10)([columns], training=False))
    assert np.mean((_trained(keras, known, [10])[0] - label) ** 2) < 0.9 * np.mean((untrained - label) ** 2)
