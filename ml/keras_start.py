"""Keras as every network here uses it: repeatable, on a stated number of threads, with the same bytes for the same model.

TensorFlow is imported where it is used: it must not share a process with the solver, nor slow an import.
"""

from __future__ import annotations

import io
import json
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

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
