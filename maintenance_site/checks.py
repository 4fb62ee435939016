"""What `manage.py check --deploy` warns about besides Django's own points."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def database_of_production(**_: Any) -> list[CheckMessage]:
    """SQLite carries one machine well, but neither several nodes nor point-in-time recovery."""
    if settings.PRODUCTION and not settings.DATABASE_URL:
        hint = "Set DATABASE_URL to a PostgreSQL database."
        return [
            Warning(
                "Production on SQLite: one machine only.", hint=hint, id="maintenance_site.W001"
            )
        ]
    return []


@register(Tags.security, deploy=True)
def shared_cache_of_production(**_: Any) -> list[CheckMessage]:
    """Without Redis each process counts sign-ins and requests for itself, so limits hold per process."""
    if settings.PRODUCTION and not settings.REDIS_URL:
        hint = "Set REDIS_URL, or run one web process."
        return [Warning("Limits are counted per process.", hint=hint, id="maintenance_site.W002")]
    return []
