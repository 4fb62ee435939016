"""When the daily check of an organisation runs."""

from datetime import datetime, timedelta

from scheduling.rules import zones


def next_check(now: datetime, *, zone: str, hour: int) -> datetime:
    """The first moment after `now` at which the local clock in `zone` shows `hour`:00 (UTC)."""
    local = zones.to_local(now, zone)
    candidate = local.replace(hour=hour, minute=0, second=0, microsecond=0)
    while (moment := zones.to_utc(candidate, zone)) <= now:
        candidate += timedelta(days=1)
    return moment
