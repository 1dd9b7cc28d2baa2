"""@step: an asset made from the contracts it fills.

A step's parameters are the tables it drinks from (plus `decision_week`, `settings`, `log` or `config`
where it asks for them); tables that several steps drink from together come as `**tables`. Its body
returns one frame a table, in the order the tables are declared. What it returns is checked first
and written after, all tables in one transaction: a frame that breaks its promise never lands.
"""

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import dagster as dg
from dagster import AssetExecutionContext

from contracts.catalog import CATALOG
from contracts.table import Table
from orchestration.warehouse import Read, Warehouse

if TYPE_CHECKING:
    import pandas as pd

    from expectations.verdict import Verdict

OWNERS = ["team:debut"]
CONTRACT_CHECK = "keeps_its_contract"
INJECTED = ("decision_week", "settings", "log", "config")
# One step at a time may hold the warehouse's file, in whatever process it runs.
POOL = "warehouse"
# Each week begins with the stock that the week before left.
ONE_WEEK_A_RUN = dg.BackfillPolicy.multi_run(max_partitions_per_run=1)


@dataclass(frozen=True)
class Rule:
    """What a step's tables must hold beyond their contracts; judged before anything is written.

    Args:
        asset: Table the rule is shown beside.
        name: Name of the check.
        judge: From the frames read and made, by table, to a verdict; its docstring is the check's text.
    """

    asset: str
    name: str
    judge: "Callable[[Mapping[str, pd.DataFrame]], Verdict]"

    @property
    def spec(self) -> dg.AssetCheckSpec:
        """The check as Dagster lists it."""
        return dg.AssetCheckSpec(self.name, asset=self.asset, blocking=True, description=inspect.getdoc(self.judge))


@dataclass(frozen=True)
class StepOptions:
    """What a step declares beside the tables it fills.

    Args:
        stage: Stretch of the walk it belongs to, as the command line shows progress.
        reads: How it reads a table, where the plain way (this week, known by now) is not meant.
        is_weekly: Whether a decision week owns its rows.
        kinds: What it is made with, as Dagster shows it.
        deps: Tables it follows without reading their frames.
        rules: What its tables must hold beyond their contracts.
        tables: Names of the tables that its function takes together, as `**tables`.
        config: Fields of the run's configuration, as Dagster declares them; handed on as `config`.
        pictures: How a table is shown beside its asset: from its frame to Markdown.
    """

    stage: str
    reads: Mapping[str, Read] = field(default_factory=dict)
    is_weekly: bool = True
    kinds: frozenset[str] = frozenset({"python"})
    deps: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()
    tables: tuple[str, ...] = ()
    config: Mapping[str, dg.Field] = field(default_factory=dict)
    pictures: "Mapping[str, Callable[[pd.DataFrame], str]]" = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """A declared step; `asset` makes it Dagster's once the decision weeks are known."""

    function: Callable[..., Any]
    tables: tuple[Table, ...]
    options: StepOptions

    @property
    def name(self) -> str:
        """The function's name, also the op's."""
        return self.function.__name__

    @property
    def inputs(self) -> list[str]:
        """Tables whose frames the function takes."""
        parameters = inspect.signature(self.function).parameters.values()
        named = [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.name not in INJECTED]
        return [*named, *self.options.tables]

    @property
    def upstream(self) -> list[str]:
        """Tables it comes after, as lineage shows them."""
        return [name for name in self.inputs if self.read_of(name).is_edge] + list(self.options.deps)

    def asset(self, weeks: dg.PartitionsDefinition) -> dg.AssetsDefinition:
        """The assets this step materialises, one a table, all in one transaction."""

        @dg.multi_asset(
            name=self.name,
            specs=[self._spec(table) for table in self.tables],
            check_specs=[
                *(contract_check(table) for table in self.tables),
                *(rule.spec for rule in self.options.rules),
            ],
            partitions_def=weeks if self.options.is_weekly else None,
            backfill_policy=ONE_WEEK_A_RUN if self.options.is_weekly else None,
            required_resource_keys={"warehouse", "settings"},
            op_tags={"debut/stage": self.options.stage},
            pool=POOL,
            config_schema=dict(self.options.config) or None,
        )
        def materialise(context: AssetExecutionContext) -> Iterator[Any]:
            week = decision_week_of(context)
            warehouse: Warehouse = context.resources.warehouse
            config = context.op_execution_context.op_config
            given = {"settings": context.resources.settings, "log": context.log, "config": config}
            read = self.read(warehouse, week)
            made = self.run(read, week, given)
            shown = {name: dg.MetadataValue.md(show(made[name])) for name, show in self.options.pictures.items()}
            yield from publish(warehouse, made, week, self.options.rules, {**read, **made}, shown)

        return materialise

    def read(self, warehouse: Warehouse, week: date | None) -> "dict[str, pd.DataFrame]":
        """What the step's week may know of each table it drinks from."""
        return {name: warehouse.read(CATALOG[name], week, self.read_of(name)) for name in self.inputs}

    def run(
        self, read: "Mapping[str, pd.DataFrame]", week: date | None, given: Mapping[str, Any]
    ) -> "dict[str, pd.DataFrame]":
        """Call the function; a frame a table comes back."""
        wanted = inspect.signature(self.function).parameters
        injected = {name: value for name, value in {**given, "decision_week": week}.items() if name in wanted}
        result = self.function(**read, **injected)
        results = list(result) if isinstance(result, tuple) else [result]
        return {table.name: frame for table, frame in zip(self.tables, results, strict=True)}

    def read_of(self, name: str) -> Read:
        """How this step reads one table."""
        return self.options.reads.get(name, Read())

    def _spec(self, table: Table) -> dg.AssetSpec:
        return dg.AssetSpec(
            table.name,
            deps=[dg.AssetDep(name, partition_mapping=self._mapping(name)) for name in self.upstream],
            description=f"{table.row_is}\n\n{inspect.getdoc(self.function) or ''}".strip(),
            metadata=table_metadata(table),
            group_name=table.schema,
            owners=OWNERS,
            kinds={*self.options.kinds, "duckdb"},
        )

    def _mapping(self, name: str) -> dg.PartitionMapping | None:
        """Across weeks data comes only by a declared mapping; the first week has none before it."""
        table = CATALOG.get(name)
        if not self.options.is_weekly or table is None or table.week is None:
            return None
        # 'all' is this week's and those before; the step follows its own last week, and so theirs.
        if self.read_of(name).weeks == "last":
            # Without the (beta) parameter the first decision week would have no upstream.
            return dg.TimeWindowPartitionMapping(
                start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
            )
        return dg.TimeWindowPartitionMapping()


def step(tables: Sequence[Table], options: StepOptions) -> Callable[[Callable[..., Any]], Step]:
    """Declare a function from frames to frames as a step that fills these tables."""
    return lambda function: Step(function, tuple(tables), options)


def contract_check(table: Table) -> dg.AssetCheckSpec:
    """The blocking check that a table keeps its promise."""
    return dg.AssetCheckSpec(
        CONTRACT_CHECK,
        asset=table.name,
        blocking=True,
        description=f"{table.name} keeps what contracts/ promises of it.",
    )


def publish(
    warehouse: Warehouse,
    made: "Mapping[str, pd.DataFrame]",
    week: date | None,
    rules: Sequence[Rule] = (),
    frames: "Mapping[str, pd.DataFrame] | None" = None,
    shown: Mapping[str, dg.MarkdownMetadataValue] | None = None,
) -> Iterator[Any]:
    """Judge every frame, then write all of them at once, then say so, and show what there is to show.

    Raises:
        dagster.Failure: A frame breaks its promise or a rule; nothing was written.
    """
    from expectations.validate import validate

    judged = [(name, CONTRACT_CHECK, validate(frame, CATALOG[name])) for name, frame in made.items()]
    if not any(verdict.blocks for _, _, verdict in judged):
        judged += [(rule.asset, rule.name, rule.judge(frames or made)) for rule in rules]
    for name, check_name, verdict in judged:
        yield check_result(name, verdict, check_name)
    broken = [finding.message for _, _, verdict in judged if verdict.blocks for finding in verdict.findings]
    if broken:
        raise dg.Failure("; ".join(broken) + "; nothing was written", allow_retries=False)
    warehouse.replace(made, week)
    for name, frame in made.items():
        picture = {"picture": shown[name]} if shown and name in shown else {}
        yield dg.MaterializeResult(asset_key=name, metadata={"dagster/row_count": len(frame), **picture})


def check_result(name: str, verdict: "Verdict", check_name: str = CONTRACT_CHECK) -> dg.AssetCheckResult:
    """A verdict as Dagster shows it beside its asset."""
    findings = [finding.message for finding in verdict.findings]
    return dg.AssetCheckResult(
        asset_key=name,
        check_name=check_name,
        passed=verdict.passed,
        severity=dg.AssetCheckSeverity.WARN if verdict.severity == "warn" else dg.AssetCheckSeverity.ERROR,
        description="; ".join(findings[:5]) or f"kept: {verdict.method}",
        metadata={"findings": dg.MetadataValue.json(findings[:50]), "expectations": verdict.expectations},
    )


def decision_week_of(context: AssetExecutionContext) -> date | None:
    """The decision week of a partitioned run; None outside partitions."""
    return date.fromisoformat(context.partition_key) if context.has_partition_key else None


def column_schema(table: Table) -> dg.TableSchema:
    """The promise as Dagster's UI shows columns."""
    return dg.TableSchema(
        columns=[
            dg.TableColumn(
                column.name,
                column.type,
                column.meaning,
                constraints=dg.TableColumnConstraints(
                    nullable=column.is_nullable, unique=table.grain == (column.name,)
                ),
            )
            for column in table.columns
        ]
    )


def table_metadata(table: Table) -> dict[str, Any]:
    """What the catalogue says of a table, as asset metadata."""
    return {
        "dagster/column_schema": column_schema(table),
        "dagster/table_name": table.full_name,
        "grain": ", ".join(table.grain),
    }
