"""Public holidays by country and subdivision, from the library `holidays`, which is loaded when somebody first asks."""

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache


@cache
def countries() -> dict[str, tuple[str, ...]]:
    """Each known country (ISO 3166-1, two letters) with its subdivisions."""
    from holidays import list_supported_countries

    found = list_supported_countries(include_aliases=False)
    return {country: tuple(parts) for country, parts in sorted(found.items())}


@cache
def country_names() -> list[tuple[str, str]]:
    """Codes and English names of the known countries, by name."""
    from holidays.registry import COUNTRIES

    known = countries()
    named = {
        codes[1]: re.sub(r"(?<=[a-z])(?=[A-Z])", " ", codes[0]) for codes in COUNTRIES.values()
    }
    return sorted(((code, named.get(code, code)) for code in known), key=lambda pair: pair[1])


@lru_cache(maxsize=512)
def of_year(country: str, subdivision: str, year: int) -> dict[date, str]:
    """The days on which the place is closed by law in that year, each with its name, in order."""
    from holidays import country_holidays

    found = country_holidays(country, subdiv=subdivision or None, years=year)
    return {day: str(name) for day, name in sorted(found.items()) if day.year == year}


@dataclass(frozen=True, slots=True)
class Closed:
    """The days on which nobody works: asked with `in`. Without a country only the own days."""

    country: str = ""
    subdivision: str = ""
    own: frozenset[date] = frozenset()

    def __contains__(self, day: object) -> bool:
        if not isinstance(day, date):
            return False
        is_public = bool(self.country) and day in of_year(self.country, self.subdivision, day.year)
        return is_public or day in self.own


def coming(country: str, subdivision: str, *, today: date, count: int) -> list[tuple[date, str]]:
    """The next public holidays, today's included; none without a country."""
    if not country:
        return []
    years = (today.year, today.year + 1)
    named = [pair for year in years for pair in of_year(country, subdivision, year).items()]
    return [pair for pair in named if pair[0] >= today][:count]
