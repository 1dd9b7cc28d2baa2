"""What each model of the field must see that popularity cannot, and its parts against slower second ways."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from support.frames import MONDAY
from support.tastes import KINDS, kind_of, liking, make_products, make_tastes

from ml import metrics
from ml.config import MlConfig
from ml.response import content, two_tower
from ml.response.biases import Biases, from_neighbours
from ml.response.conversion_rate import ConversionRate
from ml.response.head import Head
from ml.response.histories import NOBODY, Histories, Ledger, described, week_number
from ml.response.past import Past
from ml.response.repeat_affinity import RepeatAffinity, three_numbers
from ml.response.sample import take
from ml.response.tasks import CONVERSION
from ml.response.train import fit

WEEK = MONDAY.date()
CONFIG = replace(MlConfig.tiny(), response_batch=64)
ROWS, HISTORIES = make_tastes()
LATER = ROWS[ROWS["week"] >= MONDAY].reset_index(drop=True)
SEE_TASTE = ("svd", "als", "tfidf", "lda", "two_tower", "sequence_net")


def rates(name: str, rows: pd.DataFrame = ROWS, histories: Histories = HISTORIES, config: MlConfig = CONFIG):
    (model,) = fit(rows, WEEK, config, CONVERSION, (name,), histories)
    return model.predict(rows[rows["week"] >= MONDAY])


def auc(predicted: np.ndarray, rows: pd.DataFrame = LATER) -> float:
    return metrics.weighted_auc(rows["is_purchased"], predicted, np.ones(len(rows)))


@pytest.fixture(scope="module")
def answers() -> dict[str, tuple[pd.DataFrame, np.ndarray]]:
    """Later rows and their rates by model; networks, which take small steps, have more to learn from."""
    more = make_tastes(1600, customers=240)
    told = {name: (*more, replace(CONFIG, response_rows=30_000)) for name in ("two_tower", "sequence_net")}
    learned = {name: told.get(name, (ROWS, HISTORIES, CONFIG)) for name in ("popularity", *SEE_TASTE)}
    return {name: (rows[rows["week"] >= MONDAY], rates(name, rows, *rest)) for name, (rows, *rest) in learned.items()}


@pytest.mark.parametrize("name", SEE_TASTE)
def test_who_likes_what_is_found_where_popularity_sees_nothing(answers, name):
    # The chances themselves would reach 0.8. New is what customers have not bought before.
    (rows, popular), (own, found) = answers["popularity"], answers[name]
    is_new, is_own_new = (~r["is_cold"] & (r["product_bought_before"] == 0) for r in (rows, own))
    assert auc(popular[is_new], rows[is_new]) < 0.6
    assert auc(found[is_own_new], own[is_own_new]) > 0.7
    assert (
        auc(found[~own["is_cold"]], own[~own["is_cold"]])
        > auc(popular[~rows["is_cold"]], rows[~rows["is_cold"]]) + 0.05
    )


@pytest.mark.parametrize("name", SEE_TASTE)
def test_a_product_that_nobody_bought_goes_to_those_who_like_its_kind(answers, name):
    rows, found = answers[name]
    cold = rows["is_cold"].to_numpy()
    matches = (kind_of(rows["product_id"]) == liking(rows["customer_id"])).to_numpy()
    assert rows.loc[cold, "product_id"].nunique() > 5
    assert np.median(found[cold & matches]) > 1.5 * np.median(found[cold & ~matches])


def test_embeddings_speak_where_texts_are_alike():
    kinds = kind_of(make_products()["product_id"])
    rng = np.random.default_rng(0)
    vectors = [np.eye(len(KINDS))[kind] + rng.normal(0, 0.05, len(KINDS)) for kind in kinds]
    blank = make_products().assign(title="thing", category_3=None)
    silent, told = (
        rates("tfidf", histories=Histories(HISTORIES.purchases, products))
        for products in (blank, blank.assign(embedding=vectors))
    )
    cold = LATER["is_cold"].to_numpy()
    assert auc(told[cold], LATER[cold]) > auc(silent[cold], LATER[cold]) + 0.15


def test_embeddings_of_two_lengths_are_refused():
    products = make_products()
    products["embedding"] = [[1.0, 2.0] if at else [1.0] for at in range(len(products))]
    with pytest.raises(ValueError, match="embedding: lengths differ"):
        rates("tfidf", histories=Histories(HISTORIES.purchases, products))


def test_cosines_of_rows_are_those_of_whole_vectors(monkeypatch):
    monkeypatch.setattr(content, "_UNFOLDED", 7)
    from scipy import sparse

    rng = np.random.default_rng(2)
    customers, products = (rng.random((n, 30)) * (rng.random((n, 30)) < 0.2) for n in (25, 40))
    who, what = rng.integers(0, 25, 300), rng.integers(0, 40, 300)
    found = content._cosines(sparse.csr_matrix(customers), sparse.csr_matrix(products), who, what)
    np.testing.assert_allclose(found, [customers[c] @ products[p] for c, p in zip(who, what, strict=True)])


def test_an_order_of_purchases_is_learned_by_the_convolution():
    # Whoever bought bread and then socks buys juice; whoever bought socks and then bread does not.
    rng = np.random.default_rng(4)
    customers = [f"C-{at:03d}" for at in range(300)]
    is_rule = rng.random(len(customers)) < 0.5
    bought = [
        (customer, product, MONDAY - pd.Timedelta(weeks=30 - at), 1)
        for customer, rule in zip(customers, is_rule, strict=True)
        for at, product in enumerate(["P-1-00", "P-2-00"] if rule else ["P-2-00", "P-1-00"])
    ]
    purchases = pd.DataFrame(bought, columns=["customer_id", "product_id", "week", "baskets"])
    purchases = purchases.assign(known_on=purchases["week"] + pd.Timedelta(weeks=1), units=1)
    who = rng.integers(0, len(customers), len(ROWS))
    rows = ROWS.assign(
        customer_id=np.array(customers)[who],
        product_id="P-0-00",
        is_purchased=(rng.random(len(ROWS)) < np.where(is_rule[who], 0.5, 0.05)).astype("int32"),
        product_bought_before=0.0,
    )
    told = Histories(purchases, make_products())
    later, config = rows[rows["week"] >= MONDAY], replace(CONFIG, response_batch=32)
    assert auc(rates("sequence_net", rows, told, config), later) > 0.7
    assert auc(rates("popularity", rows, told), later) < 0.6
    assert auc(rates("als", rows, told), later) < 0.6


def test_a_product_of_two_columns_is_learned_by_the_cross_network_and_by_no_sum():
    rng = np.random.default_rng(6)
    display, mailer = rng.integers(0, 2, (2, len(ROWS)))
    rows = ROWS.assign(
        has_display=display.astype(float),
        has_mailer=mailer.astype(float),
        is_purchased=(rng.random(len(ROWS)) < np.where(display == mailer, 0.5, 0.05)).astype("int32"),
    )
    later = rows[rows["week"] >= MONDAY]
    config = replace(CONFIG, response_batch=8)
    assert auc(rates("cross_net", rows, config=config), later) > 0.7
    assert auc(rates("logistic", rows, config=config), later) < 0.6


def test_a_rate_is_pulled_to_its_category_as_its_formula_says():
    rows = ROWS.assign(product_age_weeks=5.0)
    sample = take(rows, WEEK, 10**6, CONVERSION, HISTORIES)
    scorer = ConversionRate().fit(sample, CONFIG)
    known = sample.rows.merge(make_products()[["product_id", "category_3"]], on="product_id")
    base = known["is_purchased"].mean()

    def pulled(own: pd.DataFrame, above: float) -> float:
        return (own["is_purchased"].sum() + 3.0) / (len(own) + 3.0 / above)

    top = pulled(known, base)
    expected = []
    for product in ("P-0-00", "P-1-05"):
        own = known[known["product_id"] == product]
        kind = known[known["category_3"] == own["category_3"].iloc[0]]
        expected.append(pulled(own, pulled(kind, pulled(known, top))))
    asked = rows.iloc[:2].assign(product_id=["P-0-00", "P-1-05"])
    found = 1.0 / (1.0 + np.exp(-scorer.log_odds(asked)))
    np.testing.assert_allclose(found, expected)
    stranger = rows.iloc[:1].assign(product_id="NEW", category_2="NEW")
    assert 1.0 / (1.0 + np.exp(-scorer.log_odds(stranger)[0])) == pytest.approx(top)


def test_a_product_is_due_at_the_customers_own_rhythm():
    own = LATER.iloc[:4].assign(
        product_bought_before=[5.0, 5.0, 5.0, 0.0],
        product_age_weeks=40.0,
        weeks_since_product=[8.0, 1.0, 40.0, np.nan],
        category_3_bought_before=[3.0, 3.0, 3.0, 0.0],
        customer_units_12=[7.0, 7.0, 7.0, 0.0],
    )
    repeat, due, affinity = three_numbers(own).T
    np.testing.assert_allclose(repeat, [np.log(6.0)] * 3 + [0.0])
    np.testing.assert_allclose(due, [0.0, -np.log(8.0), -np.log(5.0), 0.0], atol=1e-12)
    np.testing.assert_allclose(affinity, [np.log(0.5)] * 3 + [0.0])


def test_whoever_bought_it_before_is_ranked_above_by_the_heuristic():
    rng = np.random.default_rng(8)
    times = rng.poisson(0.7, len(ROWS)).astype(float)
    label = (rng.random(len(ROWS)) < np.where(times > 0, 0.4, 0.05)).astype("int32")
    rows = ROWS.assign(product_bought_before=times, is_purchased=label)
    model = RepeatAffinity().fit(take(rows, WEEK, 10**6, CONVERSION), CONFIG)
    later = rows[rows["week"] >= MONDAY]
    assert auc(model.log_odds(later), later) > 0.7


def test_the_head_is_the_penalised_likelihoods_maximum():
    from scipy.optimize import minimize

    rng = np.random.default_rng(3)
    x, weight = rng.normal(size=(400, 2)), rng.uniform(0.5, 30.0, 400)
    label = (rng.random(400) < 1.0 / (1.0 + np.exp(4.0 - 2.0 * x[:, 0]))).astype(float)
    head = Head.learn(x, pd.DataFrame(index=range(400)), label, weight, ())
    z = (x - np.array(head.mean)) / np.array(head.deviation)

    def loss(beta: np.ndarray) -> float:
        total = beta[0] + z @ beta[1:]
        return float((weight * (np.logaddexp(0, total) - label * total)).sum() + (beta[1:] ** 2).sum() / 2)

    best = minimize(loss, np.zeros(3), method="BFGS", options={"gtol": 1e-3}).x
    np.testing.assert_allclose([head.intercept, *head.slopes], best, atol=1e-3)


def test_a_product_without_history_has_the_mean_of_its_nearest_group_that_has_any():
    about = pd.DataFrame(
        {
            "category_1": ["A"] * 5 + ["B"],
            "category_2": ["a", "a", "a", "a", "b", "z"],
            "category_3": ["x", "x", "x", "y", "w", "z"],
            "seller_id": ["1", "1", "2", "1", "1", "1"],
        }
    )
    values = np.array([[2.0], [9.0], [4.0], [9.0], [9.0], [9.0]])
    known = np.array([True, False, True, False, False, False])
    assert from_neighbours(values, known, about)[:, 0].tolist() == [2.0, 2.0, 4.0, 3.0, 3.0, 3.0]
    assert from_neighbours(values, np.zeros(6, dtype=bool), about)[:, 0].tolist() == [0.0] * 6


def test_what_networks_read_of_the_past_is_what_a_loop_finds():
    past = Past.of(HISTORIES, WEEK, two_tower._BUCKETS)
    rows = ROWS.sample(60, random_state=1)
    asked = past.asked(rows)
    bought, since = past.latest(past.spans(asked), asked.week, 5)
    sales = past.sales(asked, 4)
    table, place = past.profiles(asked, "kind", 1024)
    purchases = HISTORIES.purchases.sort_values(["week", "product_id"])
    for at, row in enumerate(rows.itertuples()):
        wall = min(row.week, MONDAY)
        before = purchases[purchases["week"] < wall]
        mine = before[before["customer_id"] == row.customer_id]
        last = mine.tail(5)
        told = [past.ledger.products[code] for code in bought[at] if code != NOBODY]
        assert told == last["product_id"].tolist()
        weeks = ((wall - last["week"]).dt.days // 7).tolist()
        assert since[at][5 - len(weeks) :].tolist() == weeks
        of_product = before[before["product_id"] == row.product_id]["week"]
        expected = [(of_product == wall - pd.Timedelta(weeks=lag)).sum() for lag in (4, 3, 2, 1)]
        assert sales[at].tolist() == expected
        counts = np.zeros(1024)
        for one in mine.itertuples():
            code = np.searchsorted(past.ledger.products, one.product_id)
            np.add.at(counts, past.words["kind"][code], one.baskets)
        unit = np.log1p(counts) / max(np.linalg.norm(np.log1p(counts)), 1e-9)
        np.testing.assert_allclose(table[place[at]], unit, atol=1e-6)


def test_a_customer_without_a_purchase_yet_has_an_empty_past():
    past = Past.of(HISTORIES, WEEK, two_tower._BUCKETS)
    rows = ROWS.iloc[:2].assign(week=MONDAY - pd.Timedelta(weeks=60), customer_id=["C-001", "NOBODY"])
    asked = past.asked(rows)
    assert (past.latest(past.spans(asked), asked.week, 3)[0] == NOBODY).all()
    table, place = past.profiles(asked, "kind", 1024)
    assert not table[place].any()


def test_biases_count_the_last_twelve_weeks():
    ledger = Ledger.of(HISTORIES.known_by(WEEK))
    biases = Biases.of(ledger, described(HISTORIES, ledger.products), week_number(WEEK))
    recent = HISTORIES.purchases[
        (HISTORIES.purchases["week"] < MONDAY) & (HISTORIES.purchases["week"] >= MONDAY - pd.Timedelta(weeks=12))
    ]
    expected = np.log1p(recent.groupby("customer_id").size().reindex(ledger.customers).fillna(0))
    np.testing.assert_allclose(biases.customers, expected)
    bought = set(HISTORIES.purchases.loc[HISTORIES.purchases["week"] < MONDAY, "product_id"])
    assert biases.is_cold.tolist() == [product not in bought for product in ledger.products]


def test_weeks_are_counted_from_mondays():
    monday = date(2017, 10, 2)
    assert week_number(monday + timedelta(weeks=3)) - week_number(monday) == 3
    assert week_number(monday - timedelta(days=1)) == week_number(monday) - 1
