"""What three fixed policies would have earned in the weeks before a decision week: `response_features` to `off_policy`.

The weeks are the last eight. All that a policy goes by was known before them: its candidates, what had sold, and the
reigning kind of model, trained anew on what was known by their first Monday, so that no row judges what learned from it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, timedelta

import pandas as pd

from contracts.off_policy import OFF_POLICY
from ml.config import MlConfig
from ml.frames import DTYPES
from ml.response.histories import Histories
from ml.response.interface import FittedResponse
from ml.response.off_policy import Estimate, estimates, mean_reward
from ml.response.policies import POLICIES, Candidates, candidates, chances, place, whole_lists, with_parts
from ml.response.sample import known_between, training_rows
from ml.response.tasks import TASKS, Task
from ml.response.train import fit

_LOG = logging.getLogger(__name__)
WEEKS, WEEKS_BEFORE = 8, 16
LOGGED = "logged"


@dataclass(frozen=True)
class Judged:
    """The lists of one task's weeks, and what each policy would have done with them.

    Args:
        task: What they are rewarded for.
        lists: Whole lists, with parts and a `reward`, in order.
        known: Their candidates.
        model: What learned from the weeks before.
        logged: By policy, the rows of `lists` in which it has a choice, with the columns of `off_policy.COLUMNS`; their
            index is that of `lists`.
    """

    task: Task
    lists: pd.DataFrame
    known: Candidates
    model: FittedResponse
    logged: dict[str, pd.DataFrame]


def policy_values(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    champions: Mapping[str, str],
    histories: Histories | None = None,
) -> pd.DataFrame:
    """One row per task, policy and estimator; none of a task without a champion or without logged propensities.

    Args:
        response_features: Rows of the last 24 weeks at least; those without a propensity have no part.
        decision_week: Its eight weeks before are judged.
        config: How models are trained.
        champions: By task, name of the model that reigns.
        histories: Purchases and products, as far as they are delivered; models of content learn little without.
    """
    rows = []
    for task in (TASKS[name] for name in TASKS if name in champions):
        judged = judge(response_features, decision_week, config, task, champions[task.name], histories)
        if judged is not None:
            rows += [
                {**asdict(estimate), "task": task.name, "policy": policy}
                for policy, found in _answers(judged).items()
                for estimate in found
            ]
    frame = pd.DataFrame(rows, columns=[name for name in OFF_POLICY.names() if name != OFF_POLICY.week])
    frame = frame.astype({c.name: DTYPES[c.type] for c in OFF_POLICY.columns if c.name in frame})
    return frame.assign(decision_week=pd.Timestamp(decision_week))[OFF_POLICY.names()]


def judge(
    response_features: pd.DataFrame,
    decision_week: date,
    config: MlConfig,
    task: Task,
    champion: str,
    histories: Histories | None = None,
) -> Judged | None:
    """One task's lists and policies; None where nothing was logged or nothing could be learned before it."""
    start = decision_week - timedelta(weeks=WEEKS)
    logged = task.rows_of(response_features[response_features["propensity"].notna()])
    before = known_between(logged, start - timedelta(weeks=WEEKS_BEFORE), start)
    lists = whole_lists(known_between(logged, start, decision_week))
    if lists.empty or not task.has_both_answers(training_rows(logged, start, task)):
        _LOG.info("no policy's %ss are judged: too little was logged before %s", task.event, decision_week)
        return None
    (model,) = fit(logged, start, config, task, names=(champion,), histories=histories)
    lists = with_parts(lists, whole_lists(before))
    lists = lists.assign(reward=lists[task.label].astype("float64"), cluster=lists["customer_id"])
    known = candidates(lists, before, model)
    if known.products.empty:
        return None
    placed = place(lists, known)
    chosen = {policy: pd.concat([lists, chances(placed, known, policy)], axis=1) for policy in POLICIES}
    return Judged(task, lists, known, model, {policy: rows[rows["has_choice"]] for policy, rows in chosen.items()})


def _answers(judged: Judged) -> dict[str, list[Estimate]]:
    """The estimates of every policy, the shop's own first."""
    return {
        LOGGED: [mean_reward(judged.lists)],
        **{policy: estimates(rows) for policy, rows in judged.logged.items()},
    }
