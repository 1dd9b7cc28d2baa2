"""Every knob of training and forecasting, in one frozen place."""

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.predictions import FORECAST_WEEKS
from ml.defaults import settled_parameters


@dataclass(frozen=True)
class MlConfig:
    """How models are trained.

    Args:
        seed: Seed of every draw.
        threads: Threads that a library may use; one where bytes must be the same everywhere.
        horizon_weeks: Weeks forecast, starting with the decision week or the launch; a longer plan carries them on.
        backtest_weeks: How far before the decision week the backtest stands.
        origin_weeks: Trailing weeks whose panels the established models learn from.
        origin_stride: Weeks between two of those panels.
        demand_rows: Most training rows of an established LightGBM fit.
        demand_trees: Trees of each established LightGBM fit.
        demand_leaves: Leaves of each of those trees.
        demand_learning_rate: Share of each of those trees that is kept.
        demand_feature_share: Share of the columns that each of them looks at.
        demand_leaf_rows: Fewest rows in a leaf of them.
        past_series: Most series and origins whose ratios a rule learns that reads a series' own past alone.
        lstm_series: Most series and origins that an LSTM learns from.
        lstm_networks: Networks that an LSTM is the mean of.
        lstm_epochs: Passes of each over its series.
        lstm_batch: Series a step.
        lstm_cells: Cells of its recurrent layer.
        lstm_dropout: Share of its hidden values that a training step leaves out.
        lstm_step: First step of its optimiser.
        launch_trees: Trees of each launch forest.
        launch_leaves: Most leaves of each of those trees.
        launch_leaf_rows: Fewest launches in a leaf of a launch forest.
        launch_rare_rows: Rows under which a value of a launch's text columns is unknown.
        launch_rounds: Trees of each boosted score of launches.
        launch_learning_rate: Share of each of those trees that is kept.
        launch_neighbours: Launches of nearest score that speak for a candidate.
        launch_networks: Networks that a launch network is the mean of.
        launch_epochs: Passes of each over its launches.
        launch_batch: Launches a step.
        launch_dropout: Share of its hidden values that a training step leaves out.
        launch_step: First step of its optimiser.
        launch_rows: Most launches that it learns from, those announced first.
        launch_announced_weight: What an announced launch weighs in its loss against one that merely began to sell.
        response_rows: Most training rows of a response model.
        response_networks: Networks that the Keras response model is the mean of.
        response_epochs: Passes of the Keras response model over its rows.
        response_batch: Rows a step of the Keras response model.
        response_trees: Trees of the LightGBM response model.
        response_leaves: Leaves of each of them.
        response_learning_rate: Share of each of them that is kept.
        break_even_rate: Conversion rate from which showing pays; when None, what another open launch would bring.
        list_length: Products in a customer's list of recommendations at most.
        explored_share: Share of those lists whose order is drawn at random, so that what they lead to can be learned.
        new_floor: Share of the places of the others that new products hold at least; when None, that of what is bought.
    """

    seed: int = 7
    threads: int = 2
    horizon_weeks: int = FORECAST_WEEKS
    backtest_weeks: int = 8
    origin_weeks: int = 20
    origin_stride: int = 2
    demand_rows: int = 160_000
    demand_trees: int = 70
    demand_leaves: int = 31
    demand_learning_rate: float = 0.12
    demand_feature_share: float = 0.4
    demand_leaf_rows: int = 100
    past_series: int = 20_000
    lstm_series: int = 60_000
    lstm_networks: int = 2
    lstm_epochs: int = 6
    lstm_batch: int = 256
    lstm_cells: int = 48
    lstm_dropout: float = 0.1
    lstm_step: float = 2e-3
    launch_trees: int = 120
    launch_leaves: int = 600
    launch_leaf_rows: int = 3
    launch_rare_rows: int = 100
    launch_rounds: int = 200
    launch_learning_rate: float = 0.04
    launch_neighbours: int = 60
    launch_networks: int = 3
    launch_epochs: int = 20
    launch_batch: int = 256
    launch_dropout: float = 0.3
    launch_step: float = 1e-3
    launch_rows: int = 10_000
    launch_announced_weight: float = 6.0
    response_rows: int = 300_000
    response_networks: int = 2
    response_epochs: int = 2
    response_batch: int = 1024
    response_trees: int = 160
    response_leaves: int = 63
    response_learning_rate: float = 0.1
    break_even_rate: float | None = None
    list_length: int = 10
    explored_share: float = 0.05
    new_floor: float | None = None

    def tree_threads(self, rows: int) -> int:
        """Threads that growing trees on so many rows repays: under half a million a second one only waits.

        >>> MlConfig(threads=4).tree_threads(160_000), MlConfig(threads=4).tree_threads(2_000_000)
        (1, 4)
        """
        return max(1, min(self.threads, rows // 500_000))

    def looking_back(self) -> MlConfig:
        """For a look back, which says how far a model strays: one network answers for all that it is the mean of."""
        return replace(self, lstm_networks=1, launch_networks=1)

    @classmethod
    def full(cls, seed: int = 7, threads: int = 2) -> MlConfig:
        """For a whole shop, with the parameters that were tuned: minutes of CPU a decision week."""
        return cls(seed=seed, threads=threads, **settled_parameters())

    @classmethod
    def tiny(cls, seed: int = 7) -> MlConfig:
        """For tests of the whole graph: seconds, one thread."""
        return cls(
            seed=seed,
            threads=1,
            demand_rows=4_000,
            demand_trees=8,
            demand_leaves=7,
            demand_leaf_rows=5,
            past_series=400,
            lstm_series=400,
            lstm_networks=1,
            lstm_epochs=1,
            lstm_batch=64,
            launch_trees=10,
            launch_rare_rows=3,
            launch_rounds=10,
            launch_learning_rate=0.2,
            launch_neighbours=30,
            launch_networks=1,
            launch_epochs=2,
            launch_batch=64,
            origin_stride=2,
            response_rows=4_000,
            response_networks=1,
            response_epochs=1,
            response_batch=256,
            response_trees=10,
            response_leaves=7,
        )
