"""Keras as every network here uses it: repeatable, on a stated number of threads, with the same bytes for the same model.

TensorFlow is imported where it is used: it must not share a process with the solver, nor slow an import.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

_SHARED = re.compile(r', "shared_object_id": \d+')


def keras_on(threads: int | None) -> Any:
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


def train_in_turn(
    networks: Sequence[Any], compiled: Mapping[str, Any], fit: Callable[[Any, int], None]
) -> tuple[Any, ...]:
    """Train networks of one shape by one traced step: tracing it costs as much as hundreds of them.

    The first network takes the others' place: their initial values and random states are laid into it, the optimiser
    starts anew, and what is learned is laid back. Each learns what it would have learned alone.

    Args:
        networks: Built alike but for their seeds, not compiled.
        compiled: What `compile` is told; its optimiser is used up.
        fit: Trains the network given on the data of the network of this place.

    Returns:
        The networks, trained, without what they were compiled with.
    """
    import keras

    worker = networks[0]
    starts = [_values(network) for network in networks]
    worker.compile(**compiled)
    worker.optimizer.build(worker.trainable_variables)
    fresh = _values(worker.optimizer)
    ends = []
    for at, start in enumerate(starts):
        _lay_into(worker.variables, start)
        _lay_into(worker.optimizer.variables, fresh)
        fit(worker, at)
        ends.append(_values(worker))
    for network, end in zip(networks, ends, strict=True):
        _lay_into(network.variables, end)
    return tuple(keras.Model(network.inputs, network.outputs[0], name=network.name) for network in networks)


def _values(owner: Any) -> list[NDArray[Any]]:
    """A copy of every variable of a network, its random states among them, or of an optimiser."""
    return [variable.numpy().copy() for variable in owner.variables]


def _lay_into(variables: Sequence[Any], values: Sequence[NDArray[Any]]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def save_network(network: Any, path: Path) -> None:
    """Write a network as a `.keras` archive whose bytes are the same for the same network.

    Keras writes the date into it, and where objects that several layers share lay in memory: initial values and number
    types, which each layer may as well have to itself.
    """
    with warnings.catch_warnings():
        # Keras asks TensorFlow's variables for NumPy arrays in the way of NumPy 1; the values are right.
        warnings.filterwarnings("ignore", message="__array__ implementation doesn't accept a copy keyword")
        network.save(path)
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in sorted(archive.namelist())}
    about = json.loads(entries["metadata.json"])
    entries["metadata.json"] = json.dumps({**about, "date_saved": ""}, sort_keys=True).encode()
    entries["config.json"] = _SHARED.sub("", entries["config.json"].decode()).encode()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    path.write_bytes(packed.getvalue())


def load_network(path: Path) -> Any:
    """Read a network; refuses code inside the file."""
    return keras_on(None).saving.load_model(path, compile=False, safe_mode=True)
