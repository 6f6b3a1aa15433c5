"""The times and lengths of messages to the columns of a chart."""

import math
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
    first = naive.min()
    last = naive.max()
    for code in PERIODS:
        periods = pd.period_range(first, last, freq=code)
        if len(periods) <= MOST_COLUMNS:
            break
    unit = PERIODS[code]
    messages = naive.dt.to_period(code).value_counts()
    counts = messages.reindex(periods, fill_value=0)
    starts = list(periods.start_time)
    names = [_period_name(unit, start) for start in starts]
    return Columns(
        unit=unit,
        counts=_columns(names, counts),
        ticks=_period_ticks(unit, starts),
    )


def _columns(names: Iterable[str], counts: "Iterable[int] | pd.Series[int]") -> list[Column]:
    columns = []
    for name, messages in zip(names, counts, strict=True):
        column = Column(name, int(messages))
        columns.append(column)
    return columns


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
    years = _first_of_years(starts)
    if len(years) > 2 or unit == "year":
        least_distance = len(starts) / 6
        places = _thin_out(years, least_distance)
        return _year_ticks(starts, places)
    ticks = []
    step = math.ceil(len(starts) / 4)
    for place in range(0, len(starts), step):
        text = _tick_text(unit, starts[place])
        ticks.append(Tick(place, text))
    return ticks


def _first_of_years(starts: Sequence[pd.Timestamp]) -> list[int]:
    """Return the place of the first period of each year."""
    places = []
    previous = None
    for place, start in enumerate(starts):
        if start.year != previous:
            places.append(place)
        previous = start.year
    return places


def _tick_text(unit: str, start: pd.Timestamp) -> str:
    if unit in ("day", "week"):
        return f"{start.day} {start:%b}"
    return f"{start:%b %Y}"


def _year_ticks(starts: Sequence[pd.Timestamp], places: Iterable[int]) -> list[Tick]:
    ticks = []
    for place in places:
        year = starts[place].year
        ticks.append(Tick(place, str(year)))
    return ticks


def _thin_out(places: Sequence[int], least_distance: float) -> list[int]:
    """Leave out places that are too close to a later one."""
    later = places[-1]
    distant = [later]
    for place in reversed(places):
        if later - place >= least_distance:
            distant.append(place)
            later = place
    distant.reverse()
    return distant


def by_hour(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each hour of the day."""
    counts = np.bincount(moments.dt.hour, minlength=24)
    return Columns(
        unit="hour",
        counts=_columns(HOURS, counts),
        ticks=HOUR_TICKS,
    )


def by_weekday(moments: "pd.Series[pd.Timestamp]") -> Columns:
    """Count the messages of each day of the week, Monday first."""
    counts = np.bincount(moments.dt.day_of_week, minlength=7)
    return Columns(
        unit="day",
        counts=_columns(WEEKDAYS, counts),
        ticks=WEEKDAY_TICKS,
    )


def by_length(lengths: "pd.Series[int]") -> Columns:
    """Count the messages of 1, 2 to 3, 4 to 7, 8 to 15, ... characters."""
    _, exponents = np.frexp(lengths.to_numpy(float))
    counts = np.bincount(exponents - 1)
    names = map(_length_name, range(len(counts)))
    ticks = []
    for exponent in range(0, len(counts) + 1, 2):
        length = 2**exponent
        ticks.append(Tick(exponent, f"{length:,}"))
    return Columns(
        unit="characters",
        counts=_columns(names, counts),
        ticks=ticks,
    )


def _length_name(exponent: int) -> str:
    if exponent == 0:
        return "1"
    shortest = 2**exponent
    longest = 2 * shortest - 1
    return f"{shortest:,} to {longest:,}"
