"""The times and lengths of messages to the columns of a chart."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from model.chats.report.charts import Column, Columns, Tick

MOST_COLUMNS = 60  # over time; on a phone each is five pixels wide
PERIODS = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}
HOURS = [f"{hour:02}:00 to {hour + 1:02}:00" for hour in range(24)]
HOUR_TICKS = [Tick(hour, str(hour)) for hour in (0, 6, 12, 18, 24)]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKDAY_TICKS = [Tick(place + 0.5, day[:3]) for place, day in enumerate(WEEKDAYS)]


def by_period(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each day, week, month, quarter or year: the shortest of them that gives few columns."""
    naive = moments.dt.tz_localize(None)
    for code in PERIODS:
        periods = pd.period_range(naive.min(), naive.max(), freq=code)
        if len(periods) <= MOST_COLUMNS:
            break
    counts = naive.dt.to_period(code).value_counts().reindex(periods, fill_value=0)
    unit = PERIODS[code]
    starts = list(periods.start_time)
    names = (_period_name(unit, start) for start in starts)
    return Columns(unit, _columns(names, counts), _period_ticks(unit, starts))


def _columns(names: Iterable[str], counts: "Iterable[int] | pd.Series[int]") -> list[Column]:
    return list(map(Column, names, map(int, counts)))


def _period_name(unit: str, start: pd.Timestamp) -> str:
    if unit == "day":
        return _date(start)
    if unit == "week":
        return f"week of {_date(start)}"
    if unit == "month":
        return f"{start:%B %Y}"
    if unit == "quarter":
        return f"{start.year}, quarter {start.quarter}"
    return str(start.year)


def _date(day: pd.Timestamp) -> str:
    return f"{day.day} {day:%B %Y}"


def _period_ticks(unit: str, starts: Sequence[pd.Timestamp]) -> list[Tick]:
    """Mark the years, if there are several, else about four of the periods."""
    years = [0]
    for place in range(1, len(starts)):
        if starts[place].year != starts[place - 1].year:
            years.append(place)
    if len(years) > 2 or unit == "year":
        return _year_ticks(starts, _thin_out(years, len(starts) / 6))
    ticks = []
    step = -(-len(starts) // 4)
    for place in range(0, len(starts), step):
        start = starts[place]
        text = f"{start.day} {start:%b}" if unit in ("day", "week") else f"{start:%b %Y}"
        ticks.append(Tick(place, text))
    return ticks


def _year_ticks(starts: Sequence[pd.Timestamp], places: Iterable[int]) -> list[Tick]:
    return [Tick(place, str(starts[place].year)) for place in places]


def _thin_out(places: Sequence[int], least_distance: float) -> list[int]:
    """Leave out places that are too close to a later one."""
    distant = [places[-1]]
    for place in reversed(places):
        if distant[-1] - place >= least_distance:
            distant.append(place)
    return distant[::-1]


def by_hour(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each hour of the day."""
    counts = np.bincount(moments.dt.hour, minlength=24)
    return Columns("hour", _columns(HOURS, counts), HOUR_TICKS)


def by_weekday(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each day of the week, Monday first."""
    counts = np.bincount(moments.dt.day_of_week, minlength=7)
    return Columns("day", _columns(WEEKDAYS, counts), WEEKDAY_TICKS)


def by_length(lengths: "pd.Series[int]") -> Columns:
    """Count the messages of 1, 2 to 3, 4 to 7, 8 to 15, ... characters."""
    _, exponents = np.frexp(lengths.to_numpy(float))
    counts = np.bincount(exponents - 1)
    names = map(_length_name, range(len(counts)))
    ticks = []
    for exponent in range(0, len(counts) + 1, 2):
        ticks.append(Tick(exponent, f"{2**exponent:,}"))
    return Columns("characters", _columns(names, counts), ticks)


def _length_name(exponent: int) -> str:
    shortest, longest = 2**exponent, 2 ** (exponent + 1) - 1
    return "1" if longest == 1 else f"{shortest:,} to {longest:,}"
