"""What models believe: schema predictions, one partition a decision week."""

from contracts.table import CHANNEL, DECISION_WEEK, PRODUCT, Column, Table, key, target, time

PHASES = ("new", "early", "established")
# Weeks from its first sale anywhere in which an announced launch is early.
EARLY_WEEKS = 8
MEAN = -1.0
QUANTILES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
WINDOWS = (1, 4, 8)
# Weeks that models learn and are scored on; a plan that looks further carries them on.
FORECAST_WEEKS = 8

TASKS = ("click", "conversion")
_TASK = key("task", "varchar", "What it predicts: a click on an impression, or a purchase", one_of=TASKS)
_MODEL = key("model", "varchar", "Model, by its registered name")
_WEEK = "decision_week"
_RUN_COLUMNS = (
    Column("run_id", "varchar", "MLflow run"),
    Column("model_uri", "varchar", "Where MLflow keeps the model"),
    Column("trained_through", "date", "Monday before which every training row was known"),
    Column("sha256", "varchar", "Digest of the model's files"),
)

DEMAND_MODEL_RUN = Table(
    "demand_model_run",
    "predictions",
    "One trained demand model of one decision week and phase.",
    (_WEEK, "phase", "model"),
    (
        DECISION_WEEK,
        key("phase", "varchar", "Phase it forecasts", one_of=PHASES),
        _MODEL,
        *_RUN_COLUMNS,
    ),
    week=_WEEK,
)

RESPONSE_MODEL_RUN = Table(
    "response_model_run",
    "predictions",
    "One trained response model of one decision week and task.",
    (_WEEK, "task", "model"),
    (DECISION_WEEK, _TASK, _MODEL, *_RUN_COLUMNS),
    week=_WEEK,
    may_be_empty=True,
)

_REIGN_COLUMNS = (
    _MODEL,
    Column("reason", "varchar", "Why it reigns, with the figures"),
    Column("metric", "varchar", "Figure compared", is_nullable=True),
    Column("value", "double", "The champion's figure", is_nullable=True),
    Column("runner_up", "varchar", "Next best model", is_nullable=True),
    Column("runner_up_value", "double", "The next best model's figure", is_nullable=True),
    Column("run_id", "varchar", "MLflow run of the reigning model"),
)

RESPONSE_CHAMPION = Table(
    "response_champion",
    "predictions",
    "The model that reigns over one response task on one decision week, before demand is learned.",
    (_WEEK, "task"),
    (DECISION_WEEK, _TASK, *_REIGN_COLUMNS),
    week=_WEEK,
    may_be_empty=True,
)

CHAMPION_DECISION = Table(
    "champion_decision",
    "predictions",
    "The model that reigns over one phase or task on one decision week.",
    (_WEEK, "phase", "task"),
    (
        DECISION_WEEK,
        key(
            "phase",
            "varchar",
            "Phase of demand; NULL for a response task",
            is_nullable=True,
            one_of=PHASES,
        ),
        key(
            "task",
            "varchar",
            "Response task; NULL for a phase of demand",
            is_nullable=True,
            one_of=TASKS,
        ),
        *_REIGN_COLUMNS,
    ),
    week=_WEEK,
)

RESPONSE_FORECAST = Table(
    "response_forecast",
    "predictions",
    "One open launch in one channel and placement, as believed on a decision week.",
    (_WEEK, "product_id", "channel", "placement"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        key("placement", "varchar", "Where it would be shown"),
        Column("model", "varchar", "Model of the conversion rate"),
        Column(
            "expected_click_rate",
            "double",
            "Clicks per impression in the placement, positions averaged; NULL where no impressions are logged",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "click_low",
            "double",
            "Lower end of the 80 % interval of the click rate",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "click_high",
            "double",
            "Upper end of the 80 % interval of the click rate",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column("click_model", "varchar", "Model of the click rate", is_nullable=True),
        Column(
            "purchases_per_click",
            "double",
            "Purchases over clicks that all open launches are believed to get in the channel's placement; NULL without clicks",
            is_nullable=True,
            at_least=0,
            at_most=1,
        ),
        Column(
            "expected_conversion_rate",
            "double",
            "Purchases per opportunity; where clicks are logged, the click rate times purchases per click",
            at_least=0,
            at_most=1,
        ),
        Column("low", "double", "Lower end of the 80 % interval of the conversion rate", at_least=0, at_most=1),
        Column("high", "double", "Upper end of the 80 % interval of the conversion rate", at_least=0, at_most=1),
        Column(
            "break_even_rate",
            "double",
            "Rate from which a customer is reached: what an average open launch brings there, or what is set",
            at_least=0,
        ),
        Column(
            "reach_customers",
            "double",
            "Customers whose rate, by clicks where they are logged, is at least that",
            at_least=0,
        ),
    ),
    week=_WEEK,
    may_be_empty=True,
)

DEMAND_FORECAST = Table(
    "demand_forecast",
    "predictions",
    "One product in one channel, one window of weeks, one model, one quantile, as believed on a decision week.",
    (_WEEK, "product_id", "channel", "target_week", "window_weeks", "model", "quantile"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        time("target_week", "date", "Monday on which the window starts"),
        key("window_weeks", "integer", "Weeks in the window", at_least=1),
        Column("phase", "varchar", "Phase of the product in the channel", one_of=PHASES),
        Column("is_planned", "boolean", "Whether the plan decides about it, rather than the forecast alone"),
        _MODEL,
        key("quantile", "double", "Quantile level; -1 for the mean", at_least=-1, at_most=1),
        target("units", "double", "Units demanded in the window", at_least=0),
        Column("raw_units", "double", "What the model said before it was held to its past forecasts", at_least=0),
    ),
    week=_WEEK,
)

DEMAND_PATHS = Table(
    "demand_paths",
    "predictions",
    "One joint sample path of one planned product in one channel.",
    (_WEEK, "product_id", "channel", "path"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        key("path", "integer", "Sample path; the same number is the same world for every product", at_least=0),
        Column("is_launch", "boolean", "Whether weeks count from the launch (true) or the decision week (false)"),
        Column("units", "integer[]", "Units demanded in week 0, 1, … of the plan's horizon"),
    ),
    week=_WEEK,
)

DEMAND_BACKTEST = Table(
    "demand_backtest",
    "predictions",
    "One forecast of weeks complete by the decision week, beside what happened.",
    (_WEEK, "phase", "product_id", "channel", "target_week", "window_weeks", "model", "quantile"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        Column("phase", "varchar", "Phase of the product when it was forecast", one_of=PHASES),
        time("origin_week", "date", "Decision week on which the forecast was made"),
        time("target_week", "date", "Monday on which the window starts"),
        key("window_weeks", "integer", "Weeks in the window", at_least=1),
        _MODEL,
        key("quantile", "double", "Quantile level; -1 for the mean", at_least=-1, at_most=1),
        Column("units", "double", "Units forecast", at_least=0),
        target("actual_units", "double", "Units that sold", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

DEMAND_BACKTEST_LOSS = Table(
    "demand_backtest_loss",
    "predictions",
    "One product's share of one demand model's loss in one decision week's backtest.",
    (_WEEK, "phase", "model", "product_id"),
    (
        DECISION_WEEK,
        key("phase", "varchar", "Phase it forecasts; early products count as established", one_of=PHASES),
        _MODEL,
        PRODUCT,
        Column(
            "wpl_share",
            "double",
            "Over products it sums to the loss compared: the mean of the WPL of weeks and that of the longest sum",
            at_least=0,
        ),
    ),
    week=_WEEK,
    may_be_empty=True,
)

CANNIBALISATION = Table(
    "cannibalisation",
    "predictions",
    "One open launch and one product that it takes units from, as believed on a decision week.",
    (_WEEK, "product_id", "substitute_id"),
    (
        DECISION_WEEK,
        PRODUCT,
        key("substitute_id", "varchar", "Product of the same category_3 that sells already"),
        Column("take", "double", "Units that it loses per unit that the launch sells", at_least=0, at_most=1),
        Column("low", "double", "Lower end of the 90 % interval of the take", at_least=0, at_most=1),
        Column("high", "double", "Upper end of the 90 % interval of the take", at_least=0, at_most=1),
        Column("launches", "integer", "Past launches that it rests on", at_least=0),
        Column("category_launches", "integer", "Those of them in the launch's category_1", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

EXPOSURE_LIFT = Table(
    "exposure_lift",
    "predictions",
    "What exposure slots multiply the demand of one product in one channel by, as believed on a decision week.",
    (_WEEK, "product_id", "channel", "slots"),
    (
        DECISION_WEEK,
        PRODUCT,
        CHANNEL,
        key("slots", "integer", "Slots of a week beyond those that are announced", at_least=1),
        Column("lift", "double", "Factor on the demand at no extra slot, of the week of the slot", at_least=0),
        Column("low", "double", "Lower end of the 90 % interval of the lift", at_least=0),
        Column("high", "double", "Upper end of the 90 % interval of the lift", at_least=0),
        Column("products", "integer", "Promoted products of the channel that it rests on", at_least=0),
        Column("category_products", "integer", "Those of them in the product's category_2", at_least=0),
    ),
    week=_WEEK,
    may_be_empty=True,
)

RESPONSE_BACKTEST = Table(
    "response_backtest",
    "predictions",
    "One impression of a complete week, scored for one task by one model that saw only earlier weeks.",
    (_WEEK, "task", "impression_id", "model"),
    (
        DECISION_WEEK,
        _TASK,
        key("impression_id", "varchar", "Impression"),
        key("customer_id", "varchar", "Customer, pseudonymous"),
        PRODUCT,
        CHANNEL,
        _MODEL,
        time("week", "date", "Monday of the impression's week"),
        Column("score", "double", "Predicted rate of the task", at_least=0, at_most=1),
        target("label", "integer", "1 when it was clicked, or bought", at_least=0, at_most=1),
        Column("weight", "double", "Rows of the population that this one stands for", at_least=0),
        Column("is_cold", "boolean", "Whether the product had no sale before the week"),
        Column("is_planned", "boolean", "Whether the product, not sold yet, was a planned launch by the week"),
    ),
    week=_WEEK,
    may_be_empty=True,
)

TABLES = (
    DEMAND_MODEL_RUN,
    RESPONSE_MODEL_RUN,
    RESPONSE_CHAMPION,
    RESPONSE_FORECAST,
    CHAMPION_DECISION,
    DEMAND_FORECAST,
    DEMAND_PATHS,
    DEMAND_BACKTEST,
    DEMAND_BACKTEST_LOSS,
    CANNIBALISATION,
    EXPOSURE_LIFT,
    RESPONSE_BACKTEST,
)
