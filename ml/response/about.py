"""What the experiment of response models says of itself in MLflow. Its figures are made in `scores`, `record`, `lists`."""

ABOUT = """\
How likely a customer clicks, or buys, what is shown: each run names its task.

One run is one model trained on all that was known by its `decision_week`. Its figures are those of the same
model on a backtest: trained four weeks earlier, held to the four weeks since; rows count by sampling weight.

| figure | meaning | better |
|---|---|---|
| `auc` | probability that an event (a click, a purchase) is ranked above a row without one | higher |
| `pr_auc` | area under precision and recall | higher |
| `normalised_entropy` | log loss over that of always stating the base rate | below 1 |
| `calibration` | predicted events over actual ones; `calibration_decile_…` by tenths of the score, `calibration_week_…` | near 1 |
| `base_rate` | events per row | |
| `warm_…`, `cold_…` | the same of products that have sold before, and of those that have not | |
| `precision_break_even`, `recall_…`, `f1_…` | of showing wherever the rate is at least `break_even_rate` | higher |
| `shown_rate` | click-through, or conversion, of the tenth that ranks highest | higher |
| `seconds` | CPU seconds of the training | lower |
| `memory_mb` | peak memory of the process by the training's end; it never falls, so only the first rise is a model's | |

Of conversion, where a visit's whole list is known, the first ten places of a sample of such lists (`lists`):

| figure | meaning | better |
|---|---|---|
| `ndcg_10` | discounted purchases over the most that there could be; `ndcg_10_error` is its standard error | higher |
| `precision_10`, `recall_10`, `f1_10` | precision is the conversion of what would have been shown | higher |
| `coverage_10` | share of the lists' products that stand in some first ten places | |
| `exposure_share_…`, `purchase_share_…` | of products new until eight weeks after the first sale, and others | alike |
| `floor_ndcg_price` | NDCG lost when new products hold the share of places that they hold of purchases | |

The tag `is_champion` says which model planned its week; the alias `champion` is the newest week's. The run above a
week's models holds the champions' figures.
"""
