"""Joint demand sample paths from quantile forecasts.

Lives here: the reigning models' quantiles turned into whole units by path, joint over weeks and channels of a
product. Does not live here: how quantiles are forecast (`ml/demand`), what paths are for (`model.py`).

A line's week t is sampled at u = Φ(z), z = √ρ·a + √(1−ρ)·e_t, with one factor a a line and path, shared in part by
the product's channels. ρ is chosen per group of lines so that the variance of their 4- and 8-week sums agrees with
the quantiles forecast for those sums. Weeks beyond those forecast take the mean curve of the later half of them. Every
random number is a hash of the product, channel, week and path, so that a product's paths do not depend on which others
are drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contracts.predictions import DEMAND_PATHS, FORECAST_WEEKS, MEAN, QUANTILES
from contracts.styles import STYLE_SPLIT
from optimization.instance import Floats, Ints
from optimization.size_split import split_factors

_LEVELS = np.array(QUANTILES)
_GRID = (np.arange(64) + 0.5) / 64
_NO_WINDOW_RHO = 0.3
_LARGEST_RHO = 0.95
_VOLUME_GROUPS = 3
_LARGEST_TAIL = 6.0


@dataclass(frozen=True)
class PathsConfig:
    """How paths are drawn.

    Args:
        seed: Seed of every number.
        paths: Paths a line.
        channel_share: Share of a line's factor that its product's channels have in common.
        horizon_weeks: Weeks of a path; those beyond the forecast's carry it on.
    """

    seed: int = 7
    paths: int = 32
    channel_share: float = 0.5
    horizon_weeks: int = FORECAST_WEEKS


@dataclass(frozen=True)
class Curves:
    """Quantile functions: units at the levels of QUANTILES (…, Q), and the mean (…)."""

    units: Floats
    mean: Floats

    def times(self, factor: Floats) -> Curves:
        """The quantile functions of demand that is so many times as large (…)."""
        return Curves(self.units * factor[..., None], self.mean * factor)


def demand_paths(
    demand_forecast: pd.DataFrame,
    champion_decision: pd.DataFrame,
    decision_week: pd.Timestamp,
    config: PathsConfig | None = None,
    style_split: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """DEMAND_PATHS: one row per product, real channel and path, weeks in the list `units`.

    A launch's weeks count from its launch, an established line's from the decision week. A style that is not split as
    forecast keeps its total, each of its lines its quantiles times one factor a week (`size_split.py`).

    Raises:
        ValueError: A line of the reigning model lacks a week or a quantile.
    """
    config = config or PathsConfig()
    rows = _reigning(demand_forecast, champion_decision)
    lines, forecast = _curves(rows[rows["window_weeks"] == 1])
    split = pd.DataFrame(columns=STYLE_SPLIT.names()) if style_split is None else style_split
    weekly = forecast.times(split_factors(lines, forecast.mean, split))
    windows = {}
    for window in sorted(set(rows["window_weeks"]) - {1}):
        of, curve = _curves(rows[rows["window_weeks"] == window])
        if len(of) == len(lines):
            whole = Curves(curve.units[:, 0], curve.mean[:, 0])
            windows[int(window)] = whole.times(split_factors(lines, whole.mean[:, None], split)[:, 0])
    rho = correlation(weekly, windows, _groups(lines, weekly))
    weekly = carried_on(weekly, config.horizon_weeks)
    uniforms = _joint_uniforms(lines, rho, weekly.mean.shape[1], config)
    units = _whole(lines, quantile_at(weekly, uniforms), config)
    return _frame(lines, units, pd.Timestamp(decision_week))


def carried_on(weekly: Curves, weeks: int) -> Curves:
    """The curves of at least so many weeks (n, T): those forecast, then for each week more the mean of their later half.

    Quantiles are averaged level by level, so that level and spread of one later week go on, and what ties a line's
    weeks together ties these, too.
    """
    forecast = weekly.mean.shape[1]
    if weeks <= forecast:
        return weekly
    later, more = slice(forecast // 2, forecast), weeks - forecast
    return Curves(
        *(
            np.concatenate([part, np.repeat(part[:, later].mean(axis=1, keepdims=True), more, axis=1)], axis=1)
            for part in (weekly.units, weekly.mean)
        )
    )


def quantile_at(curves: Curves, u: Floats) -> Floats:
    """Units at probabilities u (…, S), linear between the forecast quantiles.

    Below the first level the line runs on, not below 0. Above the last an exponential tail is added whose scale
    makes the curve's mean the forecast's mean where a scale between 0 and 6 times the plain one can.
    """
    scale = _tail_scale(curves)
    return _body(curves.units, u) + scale[..., None] * _tail(u)


def _body(units: Floats, u: Floats) -> Floats:
    """Piecewise-linear quantile function, flat above the last level."""
    knots = np.concatenate([np.maximum(2 * units[..., :1] - units[..., 1:2], 0.0), units], axis=-1)
    levels = np.concatenate([[0.0], _LEVELS])
    left = np.clip(np.searchsorted(levels, u, side="right") - 1, 0, len(levels) - 2)
    low, high = np.take_along_axis(knots, left, axis=-1), np.take_along_axis(knots, left + 1, axis=-1)
    share = np.clip((u - levels[left]) / (levels[left + 1] - levels[left]), 0.0, 1.0)
    return np.asarray(low + share * (high - low))


def _tail(u: Floats) -> Floats:
    """What the exponential tail of scale 1 adds above the last level."""
    top = _LEVELS[-1]
    return np.asarray(np.where(u > top, -np.log(np.maximum(1.0 - u, 1e-9) / (1.0 - top)), 0.0))


def _tail_scale(curves: Curves) -> Floats:
    """Scale of the tail: what the mean asks for, within bounds of the last two quantiles' own slope."""
    grid = np.broadcast_to(_GRID, (*curves.mean.shape, len(_GRID)))
    lacking = (curves.mean - _body(curves.units, grid).mean(axis=-1)) / _tail(_GRID).mean()
    plain = (curves.units[..., -1] - curves.units[..., -2]) / np.log((1 - _LEVELS[-2]) / (1 - _LEVELS[-1]))
    return np.asarray(np.clip(lacking, 0.0, np.maximum(_LARGEST_TAIL * plain, curves.mean)))


def _reigning(demand_forecast: pd.DataFrame, champion_decision: pd.DataFrame) -> pd.DataFrame:
    """Rows of the reigning models in real channels, of what the plan decides about.

    While no model of early products reigns, they follow the established champion.
    """
    champions = champion_decision.dropna(subset=["phase"]).set_index("phase")["model"].to_dict()
    rows = demand_forecast[(demand_forecast["channel"] != "all") & demand_forecast["is_planned"]]
    is_new = rows["phase"] == "new"
    reigns = {"early": champions.get("established"), **champions}
    chosen = rows[rows["model"] == rows["phase"].map(reigns)]
    if chosen.empty:
        raise ValueError(f"demand_forecast: no row of the reigning models {champions}; forecast with them first")
    return chosen.assign(is_launch=is_new.loc[chosen.index])


def _curves(rows: pd.DataFrame) -> tuple[pd.DataFrame, Curves]:
    """Lines (sorted by product and channel) and their curves by target week (n, T, Q)."""
    rows = rows.sort_values(["product_id", "channel", "target_week", "quantile"], kind="stable")
    lines = rows.drop_duplicates(["product_id", "channel"])[["product_id", "channel", "is_launch"]]
    count = rows.groupby(["product_id", "channel"], sort=False).size()
    width = len(QUANTILES) + 1
    if count.nunique() != 1 or int(count.iloc[0]) % width:
        odd = count.index[count != count.mode().iloc[0]]
        who = f"{odd[0][0]} in {odd[0][1]} has {count[odd[0]]} rows" if len(odd) else f"{count.iloc[0]} rows a line"
        raise ValueError(f"demand_forecast: {who}, not weeks × {width} levels; forecast every line for every week")
    values = rows["units"].to_numpy(float).reshape(len(lines), -1, width)
    levels = rows["quantile"].to_numpy(float)[:width]
    if not np.allclose(levels, (MEAN, *QUANTILES)):
        raise ValueError(f"demand_forecast: levels {levels.tolist()}, expected {[MEAN, *QUANTILES]}")
    units = np.maximum.accumulate(np.maximum(values[:, :, 1:], 0.0), axis=2)
    return lines.reset_index(drop=True), Curves(units, np.maximum(values[:, :, 0], 0.0))


def _groups(lines: pd.DataFrame, weekly: Curves) -> Ints:
    """Group of every line: launch or not, by tercile of mean volume."""
    volume = weekly.mean.sum(axis=1)
    group = np.zeros(len(lines), dtype=np.int64)
    for k, chosen in enumerate((lines["is_launch"].to_numpy(bool), ~lines["is_launch"].to_numpy(bool))):
        if chosen.any():
            cuts = np.quantile(volume[chosen], np.arange(1, _VOLUME_GROUPS) / _VOLUME_GROUPS)
            group[chosen] = k * _VOLUME_GROUPS + np.searchsorted(cuts, volume[chosen], side="right")
    return group


def correlation(weekly: Curves, windows: dict[int, Curves], group: Ints) -> Floats:
    """ρ by line: of its group, so that Var(sum) = Σ var + ρ·Σ_{t≠u} sd_t sd_u over all windows of all its lines.

    Variances are those of the whole units that paths hold: rounding at random adds E[f(1 − f)], f the fraction.
    """
    spread, rounding = _spread(weekly)
    excess, cross = np.zeros(len(group)), np.zeros(len(group))
    for window, curve in windows.items():
        sd, noise = spread[:, :window], rounding[:, :window]
        total = _spread(curve)[0] ** 2
        excess += total - (sd**2 + noise).sum(axis=1)
        cross += sd.sum(axis=1) ** 2 - (sd**2).sum(axis=1)
    size = int(group.max()) + 1
    top, bottom = np.bincount(group, excess, size), np.bincount(group, cross, size)
    rho = np.where(bottom > 0, top / np.maximum(bottom, 1e-12), 0.0) if windows else np.full(size, _NO_WINDOW_RHO)
    return np.asarray(np.clip(rho, 0.0, _LARGEST_RHO)[group])


def _spread(curves: Curves) -> tuple[Floats, Floats]:
    """Standard deviation of a curve, and the variance that rounding at random adds to it."""
    value = quantile_at(curves, np.broadcast_to(_GRID, (*curves.mean.shape, len(_GRID))))
    part = value - np.floor(value)
    return value.std(axis=-1), (part * (1 - part)).mean(axis=-1)


def _joint_uniforms(lines: pd.DataFrame, rho: Floats, weeks: int, config: PathsConfig) -> Floats:
    """Probabilities by line, week and path (n, T, S): joint in order, evenly spread in each line and week."""
    from scipy.special import ndtri

    product = _keys(lines["product_id"].tolist(), config.seed)
    line = _keys((lines["product_id"] + "\x1f" + lines["channel"]).tolist(), config.seed)
    common = ndtri(_even(_uniform(product, 1, config.paths), _uniform(product, 2, config.paths)))
    own = ndtri(_even(_uniform(line, 3, config.paths), _uniform(line, 4, config.paths)))
    factor = np.sqrt(config.channel_share) * common + np.sqrt(1 - config.channel_share) * own
    uniforms = np.empty((len(lines), weeks, config.paths))
    for week in range(weeks):
        apart = ndtri(_even(_uniform(line, 100 + week, config.paths), _uniform(line, 200 + week, config.paths)))
        mixed = np.sqrt(rho)[:, None] * factor + np.sqrt(1 - rho)[:, None] * apart
        uniforms[:, week] = _even(mixed, _uniform(line, 300 + week, config.paths))
    return uniforms


def _even(values: Floats, jitter: Floats) -> Floats:
    """Ranks over paths as probabilities, one in each of S equal strata."""
    rank = np.argsort(np.argsort(values, axis=-1, kind="stable"), axis=-1, kind="stable")
    return np.asarray((rank + np.clip(jitter, 1e-6, 1 - 1e-6)) / values.shape[-1])


def _whole(lines: pd.DataFrame, units: Floats, config: PathsConfig) -> Ints:
    """Units rounded at random to whole ones, up with the probability of the fraction (n, T, S)."""
    line = _keys((lines["product_id"] + "\x1f" + lines["channel"]).tolist(), config.seed)
    up = np.stack([_uniform(line, 400 + week, config.paths) for week in range(units.shape[1])], axis=1)
    return np.floor(units + up).astype(np.int64)


def _frame(lines: pd.DataFrame, units: Ints, decision_week: pd.Timestamp) -> pd.DataFrame:
    """DEMAND_PATHS from units by line, week and path."""
    paths = units.shape[2]
    return pd.DataFrame(
        {
            "decision_week": decision_week,
            "product_id": np.repeat(lines["product_id"].to_numpy(), paths),
            "channel": np.repeat(lines["channel"].to_numpy(), paths),
            "path": np.tile(np.arange(paths), len(lines)),
            "is_launch": np.repeat(lines["is_launch"].to_numpy(bool), paths),
            "units": units.transpose(0, 2, 1).reshape(-1, units.shape[1]).tolist(),
        }
    )[DEMAND_PATHS.names()]


def _keys(names: list[str], seed: int) -> NDArray[np.uint64]:
    """A stable 64-bit number per name and seed."""
    salt = str(seed).encode()
    digests = {name: blake2b(name.encode(), digest_size=8, key=salt).digest() for name in set(names)}
    return np.frombuffer(b"".join(digests[name] for name in names), dtype="<u8").astype(np.uint64)


def _uniform(keys: NDArray[np.uint64], stream: int, count: int) -> Floats:
    """Uniform numbers by key and counter (n, count): splitmix64 of key, stream and counter."""
    counter = np.arange(count, dtype=np.uint64) + np.uint64(stream * 1_000_003)
    mixed = keys[:, None] + (counter * np.uint64(0x9E3779B97F4A7C15))[None, :]
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = (mixed ^ (mixed >> np.uint64(shift))) * np.uint64(factor)
    mixed = mixed ^ (mixed >> np.uint64(31))
    return np.asarray((mixed >> np.uint64(11)).astype(float) * 2.0**-53)
