"""Events are published in the order in which they were written, whatever the clocks of the nodes say.

PostgreSQL counts them by a sequence; SQLite counts its rows by itself (`OutboxQuerySet.to_publish`).
"""

from typing import Any

from django.db import migrations

_FORWARDS = """
    ALTER TABLE core_outboxevent ADD COLUMN sequence bigint;
    UPDATE core_outboxevent SET sequence = counted.place
        FROM (SELECT id, ROW_NUMBER() OVER (ORDER BY id) AS place FROM core_outboxevent) AS counted
        WHERE counted.id = core_outboxevent.id;
    CREATE SEQUENCE core_outboxevent_sequence OWNED BY core_outboxevent.sequence;
    SELECT setval('core_outboxevent_sequence', (SELECT COALESCE(MAX(sequence), 0) + 1 FROM core_outboxevent), false);
    ALTER TABLE core_outboxevent ALTER COLUMN sequence SET DEFAULT nextval('core_outboxevent_sequence');
    ALTER TABLE core_outboxevent ALTER COLUMN sequence SET NOT NULL;
    CREATE INDEX core_outbox_in_order ON core_outboxevent (sequence) WHERE awaits_publication;
"""
_BACKWARDS = "ALTER TABLE core_outboxevent DROP COLUMN sequence"


def forwards(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(_FORWARDS)


def backwards(_apps: Any, editor: Any) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute(_BACKWARDS)


class Migration(migrations.Migration):
    dependencies = [("core", "0002_publication")]
    operations = [migrations.RunPython(forwards, backwards, elidable=False)]
