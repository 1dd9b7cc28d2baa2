"""The floor under new items' exposure: kept, at the least loss, and exact up to one list; against every arrangement."""

from itertools import permutations, product

import numpy as np
import pandas as pd
import pytest

from ml.response.rerank import rerank

LENGTH = 3


def some_lists(seed: int, lists: int = 3, items: int = 4, digits: int = 3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    n = lists * items
    return pd.DataFrame(
        {
            "list_id": np.repeat([f"L{k}" for k in range(lists)], items),
            "item_id": [f"I{k}" for k in range(items)] * lists,
            "score": rng.random(n).round(digits),
            "is_new": rng.random(n) < 0.4,
            "label": rng.integers(0, 2, n).astype(float),
        }
    ).sample(frac=1, random_state=seed)


def arrangements(rows: pd.DataFrame, length: int = LENGTH) -> tuple[np.ndarray, np.ndarray]:
    """Loss and share of exposure of every arrangement of all lists together."""
    options = []
    for _, own in rows.groupby("list_id"):
        n = min(length, len(own))
        weight = 1 / np.log2(np.arange(2, n + 2))
        score, new = own["score"].to_numpy(), own["is_new"].to_numpy()
        orders = [list(order) for order in permutations(range(len(own)), n)]
        options.append([(weight @ score[o], weight @ new[o], weight.sum()) for o in orders])
    sums = np.array([np.sum(combination, axis=0) for combination in product(*options)])
    return sums[:, 0].max() - sums[:, 0], sums[:, 1] / sums[:, 2]


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("digits", [3, 1], ids=["scores differ", "scores tie"])
def test_no_arrangement_keeps_the_floor_at_less_loss(seed: int, digits: int) -> None:
    rows = some_lists(seed, digits=digits)
    loss, share = arrangements(rows)
    for floor in np.linspace(0.0, share.max(), 7):
        ours = rerank(rows, float(floor), LENGTH)
        assert ours.exposure >= floor - 1e-9
        best = loss[share >= floor - 1e-9].min()
        assert ours.bound <= best + 1e-9
        assert ours.loss >= best - 1e-9
        # Of all arrangements with as much exposure as it gave, it lost least: what is not exact is the overshoot alone.
        assert ours.loss == pytest.approx(loss[share >= ours.exposure - 1e-9].min(), abs=1e-9)


def test_overshoot_is_less_than_one_list_and_vanishes_over_many() -> None:
    rows = some_lists(3, lists=400, items=12, digits=9)
    ours = rerank(rows, 0.6, LENGTH)
    assert 0.6 <= ours.exposure + 1e-9 < 0.6 + 1 / 400
    assert ours.exposure_before < 0.55
    assert ours.bound <= ours.loss <= 1.005 * ours.bound
    shuffled = rerank(rows.sample(frac=1, random_state=9), 0.6, LENGTH)
    pd.testing.assert_frame_equal(ours.rows, shuffled.rows)


def test_a_floor_that_is_kept_already_costs_nothing_and_one_beyond_reach_is_refused() -> None:
    rows = some_lists(1)
    kept = rerank(rows, 0.0, LENGTH)
    assert (kept.loss, kept.bound, kept.ndcg_price) == (0.0, 0.0, 0.0)
    assert (kept.rows["rank"] == kept.rows["rank_before"]).all()
    with pytest.raises(ValueError, match="less than the floor 1"):
        rerank(rows.assign(is_new=rows["item_id"] == "I0"), 1.0, LENGTH)


def test_ranks_are_those_of_the_lists_and_the_price_in_ndcg_is_that_of_a_second_reckoning() -> None:
    rows = some_lists(5, lists=30, items=6)
    ours = rerank(rows, 0.7, LENGTH)
    assert len(ours.rows) == len(rows)

    def ndcg(column: str) -> float:
        found = []
        for _, own in ours.rows.groupby("list_id"):
            gains = own.sort_values(column)["label"].to_numpy()
            discounts = np.log2(np.arange(2, LENGTH + 2))
            most = (np.sort(gains)[::-1][:LENGTH] / discounts).sum()
            found += [(gains[:LENGTH] / discounts).sum() / most] if most else []
        return float(np.mean(found))

    assert ours.ndcg_before == pytest.approx(ndcg("rank_before"))
    assert ours.ndcg == pytest.approx(ndcg("rank"))
    assert ours.ndcg_price == pytest.approx(ndcg("rank_before") - ndcg("rank"))
    assert ours.ndcg_price != 0
    assert rerank(rows.drop(columns="label"), 0.7, LENGTH).ndcg_price is None
    assert rerank(rows.assign(label=0.0), 0.7, LENGTH).ndcg is None
    for _, own in ours.rows.groupby("list_id"):
        assert own["rank"].tolist() == list(range(1, 7))
        by_score = own.sort_values(["score", "item_id"], ascending=[False, True])
        assert by_score["rank_before"].tolist() == list(range(1, 7))
        for _, same in own.groupby("is_new"):
            assert same["score"].is_monotonic_decreasing, "among new items, and among old ones, the score decides"
