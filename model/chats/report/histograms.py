"""When messages were sent and how long they are, to the columns of a chart."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from model.chats.report.charts import Columns, Tick

MOST_COLUMNS = 60  # over time; on a phone each is five pixels wide
PERIODS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def by_period(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each day, week, month, quarter or year, the shortest of them that gives few columns."""
    naive = moments.dt.tz_localize(None)
    for code in PERIODS:
        periods = pd.period_range(naive.min(), naive.max(), freq=code)
        if len(periods) <= MOST_COLUMNS:
            break
    counts = naive.dt.to_period(code).value_counts().reindex(periods, fill_value=0)
    unit, starts = PERIODS[code], list(periods.start_time)
    return Columns(
        unit, [(_named(unit, start), int(n)) for start, n in zip(starts, counts, strict=True)], _ticks(unit, starts)
    )


def _named(unit: str, start: pd.Timestamp) -> str:
    day = f"{start.day} {start:%B %Y}"
    named = {
        "day": day,
        "week": f"week of {day}",
        "month": f"{start:%B %Y}",
        "quarter": f"{start.year}, quarter {start.quarter}",
    }
    return named.get(unit, str(start.year))


def _ticks(unit: str, starts: Sequence[pd.Timestamp]) -> list[Tick]:
    """Mark the years where there are several, else some of the periods; a few, none close to another."""
    years = [place for place, start in enumerate(starts) if place == 0 or start.year != starts[place - 1].year]
    if len(years) > 2 or unit == "year":
        return [Tick(place, str(starts[place].year)) for place in _apart(years, len(starts) / 6)]
    some = [(place, starts[place]) for place in range(0, len(starts), -(-len(starts) // 4))]
    dated = unit in ("day", "week")
    return [Tick(place, f"{start.day} {start:%b}" if dated else f"{start:%b %Y}") for place, start in some]


def _apart(places: Sequence[int], least: float) -> list[int]:
    """Leave out places that are too close to a later one."""
    kept = [places[-1]]
    for place in reversed(places):
        if kept[-1] - place >= least:
            kept.append(place)
    return kept[::-1]


def by_hour(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each hour of the day."""
    counts = np.bincount(moments.dt.hour, minlength=24)
    labelled = [(f"{hour:02}:00 to {hour + 1:02}:00", int(count)) for hour, count in enumerate(counts)]
    return Columns("hour", labelled, [Tick(hour, str(hour)) for hour in range(0, 25, 6)])


def by_weekday(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each day of the week, Monday first."""
    counts = np.bincount(moments.dt.day_of_week, minlength=7)
    labelled = [(day, int(count)) for day, count in zip(WEEKDAYS, counts, strict=True)]
    return Columns("day", labelled, [Tick(place + 0.5, day[:3]) for place, day in enumerate(WEEKDAYS)])


def by_length(lengths: "pd.Series[int]") -> Columns:
    """Count the messages of 1, 2 to 3, 4 to 7, 8 to 15, ... characters."""
    counts = np.bincount(np.frexp(lengths.to_numpy(float))[1] - 1)
    labelled = [(_range(2**place, 2 ** (place + 1) - 1), int(count)) for place, count in enumerate(counts)]
    return Columns("characters", labelled, [Tick(place, f"{2**place:,}") for place in range(0, len(counts) + 1, 2)])


def _range(lowest: int, highest: int) -> str:
    return f"{lowest:,}" if lowest == highest else f"{lowest:,} to {highest:,}"
