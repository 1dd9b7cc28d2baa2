"""What the shop logs of its sessions: impressions with their propensities, and the actions that follow them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from shop.changes import ChangeKind
from shop.config import ShopConfig
from shop.lists import Shown
from shop.parts import EVENT_TYPES, Bools, Events, Floats, Ints, Smalls, Wholes
from shop.responses import Responses
from shop.streams import stream


@dataclass(frozen=True)
class Counters:
    """The next number of an event, a session and a request."""

    event: int = 0
    session: int = 0
    request: int = 0


def events(
    config: ShopConfig, week: int, shown: Shown, responses: Responses, served: Bools, counters: Counters
) -> tuple[Events, Counters]:
    """The events of one week in order of time, and the counters for the next.

    A session that an outage of the tracking strikes leaves no event at all; its purchases happen all the same.
    Numbers are given to what is logged only.

    Args:
        config, week: Which world, which week.
        shown: What was shown.
        responses: What customers did with it.
        served: (impressions,) wants that the stock allowed.
        counters: Where the numbers go on.

    Raises:
        ValueError: `served` holds an impression that wants nothing.
    """
    if np.any(served & ~responses.wants):
        first = int(np.argmax(served & ~responses.wants))
        raise ValueError(f"events: impression {first} of week {week} is served but wants nothing; serve only wants")
    is_kept = tracked(config, week, shown)
    impression, kind, second = _happened(shown, responses, served, is_kept)
    session, next_session = _numbered(shown.session, is_kept, impression, counters.session)
    request, next_request = _numbered(shown.request, is_kept, impression, counters.request)
    is_other = kind != EVENT_TYPES.index("impression")

    def of_impressions(values: Floats) -> Floats:
        told = values[impression]
        told[is_other] = np.nan
        return told

    logged = Events(
        event=counters.event + np.arange(len(kind)),
        second=second,
        customer=shown.customer[impression],
        session=session,
        request=request,
        product=shown.product[impression],
        channel=shown.channel[impression],
        surface=shown.surface[impression],
        position=shown.position[impression],
        event_type=kind,
        propensity=of_impressions(shown.propensity),
        click_probability=of_impressions(responses.click_probability),
        purchase_probability=of_impressions(responses.purchase_probability),
    )
    return logged, Counters(counters.event + len(kind), next_session, next_request)


def tracked(config: ShopConfig, week: int, shown: Shown) -> Bools:
    """(impressions,) whether each one's session was logged."""
    kept = np.ones(7)
    for day in range(7):
        today = config.first_day + timedelta(days=7 * week + day)
        for change in config.changes:
            if change.kind is ChangeKind.TRACKING_OUTAGE and change.days_in(today) is not None:
                kept[day] *= 1.0 - change.size
    if kept.min() == 1.0:
        return np.ones(len(shown.day), dtype=bool)
    luck = stream(config.seed, "tracking", week).random(int(shown.session.max(initial=-1)) + 1)
    return luck[shown.session] < kept[shown.day]


def _happened(shown: Shown, responses: Responses, served: Bools, is_kept: Bools) -> tuple[Ints, Smalls, Ints]:
    """Impression, kind and second of each logged event, in order of time."""
    marks = (is_kept, responses.is_clicked, responses.is_carted, responses.is_favourite, served)
    after = (responses.click_after, responses.cart_after, responses.favourite_after, responses.purchase_after)
    found = [np.flatnonzero(mark & is_kept) for mark in marks]
    waited = [shown.second[at] + wait[at] for wait, at in zip(after, found[1:], strict=True)]
    second = np.concatenate([shown.second[found[0]], *waited])
    order = np.argsort(second, kind="stable")
    kind = np.repeat(np.arange(len(EVENT_TYPES), dtype=np.int16), [len(at) for at in found])
    return np.concatenate(found)[order], kind[order], second[order]


def _numbered(groups: Wholes, is_kept: Bools, impression: Ints, first: int) -> tuple[Ints, int]:
    """(events,) number of each one's group among those kept, from `first` on, and the next number.

    Args:
        groups: (impressions,) ascending.
        is_kept: (impressions,)
        impression: (events,) where each event's impression stands.
        first: Number of the first group that is kept.
    """
    starts = is_kept & (np.diff(groups, prepend=-1) > 0)
    place = np.cumsum(starts, dtype=np.int32)
    return np.add(place[impression], first - 1, dtype=np.int64), first + int(starts.sum())
