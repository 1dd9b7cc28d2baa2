"""Runs a Great Expectations suite over a frame; the one place that holds a GX context.

Nothing is decided here: suites come from `suites`, the meaning of an outcome from `validate`.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import pandas as pd


@dataclass(frozen=True)
class Outcome:
    """What became of one expectation: its type, arguments, success, failing rows and any exception."""

    type: str
    kwargs: dict[str, Any]
    success: bool
    failed_rows: int
    observed: Any
    exception: str | None


def gxe() -> ModuleType:
    """The expectation classes, imported on first use (5 s of CPU)."""
    with warnings.catch_warnings():
        # GX 1.24 imports a module that Python 3.11 deprecates; nothing of ours can change it.
        warnings.simplefilter("ignore")
        import great_expectations.expectations as expectations
    return expectations


def make_suite(name: str, expectations: Sequence[Any]) -> Any:
    """A suite; an empty one is refused, because GX passes it over any frame.

    Raises:
        ValueError: There is nothing to expect.
    """
    if not expectations:
        raise ValueError(f"{name}: a suite with no expectation passes over anything; give it one")
    gxe()
    from great_expectations import ExpectationSuite

    return ExpectationSuite(name=name, expectations=list(expectations))


def run(frame: pd.DataFrame, suite: Any) -> list[Outcome]:
    """Every expectation of the suite evaluated over the frame, one outcome each.

    Raises:
        RuntimeError: GX answered for fewer expectations than it was asked.
    """
    with warnings.catch_warnings():
        # GX and its dependencies warn about their own use of pandas; a check must not fail for that.
        warnings.simplefilter("ignore")
        source = _context().data_sources.add_pandas("frames")
        batch = source.add_dataframe_asset(suite.name).add_batch_definition_whole_dataframe("whole")
        answer = batch.get_batch({"dataframe": frame}).validate(suite, result_format="BASIC")
    outcomes = [_outcome(result) for result in answer.results]
    if len(outcomes) != len(suite.expectations):
        raise RuntimeError(f"{suite.name}: {len(suite.expectations)} expectations, {len(outcomes)} answers")
    return outcomes


def _context() -> Any:
    """A context of its own, in memory: no files, no analytics, no progress bars."""
    import great_expectations
    from great_expectations.data_context.types.base import (
        DataContextConfig,
        InMemoryStoreBackendDefaults,
        ProgressBarsConfig,
    )

    config = DataContextConfig(
        store_backend_defaults=InMemoryStoreBackendDefaults(init_temp_docs_sites=False),
        analytics_enabled=False,
        progress_bars=ProgressBarsConfig(globally=False, metric_calculations=False),
    )
    return great_expectations.get_context(mode="ephemeral", project_config=config)


def _outcome(result: Any) -> Outcome:
    answer = result.result or {}
    return Outcome(
        type=result.expectation_config.type,
        kwargs=dict(result.expectation_config.kwargs),
        success=bool(result.success),
        failed_rows=int(answer.get("unexpected_count") or 0),
        observed=answer.get("observed_value"),
        exception=_exception(result.exception_info),
    )


def _exception(info: Any) -> str | None:
    """GX nests exceptions by metric when a metric failed, and flat when the expectation did."""
    if not info:
        return None
    flat = [info] if "raised_exception" in info else list(info.values())
    raised = [e for e in flat if isinstance(e, dict) and e.get("raised_exception", True)]
    return str(raised[0].get("exception_message") or "unknown") if raised else None
