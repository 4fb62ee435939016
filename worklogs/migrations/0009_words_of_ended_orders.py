from django.db import migrations

from core.trigrams import on_postgresql

ENDED = "status NOT IN ('reported', 'triaged', 'scheduled', 'assigned', 'in_progress', 'on_hold')"
MAKE = (
    # a piece of three letters, as it is kept for an era: 8,192 numbers of an organisation
    """
    CREATE FUNCTION worklogs_piece_of_era(piece text, organization uuid, era integer) RETURNS integer
    IMMUTABLE PARALLEL SAFE
    RETURN (hashtextextended(piece, uuid_hash_extended(organization, era)) >> 32)::integer
    """,
    # small letters by the rule of ASCII, as whoever asks makes them, whatever the language of the database
    """
    CREATE FUNCTION worklogs_pieces_of_era(words text, organization uuid, number integer) RETURNS integer[]
    IMMUTABLE PARALLEL SAFE
    RETURN (
        SELECT array_agg(worklogs_piece_of_era(piece, organization, number / 8192))
        FROM unnest(show_trgm(lower(words COLLATE "C"))) AS piece
    )
    """,
    """
    CREATE FUNCTION worklogs_stands_in_era(
        words text, organization uuid, number integer, piece text, wanted uuid, era integer
    ) RETURNS boolean
    IMMUTABLE PARALLEL SAFE
    RETURN worklogs_pieces_of_era(words, organization, number)
        @> ARRAY[worklogs_piece_of_era(piece, wanted, era)]
    """,
    # without a list of what waits to be sorted in: every era would read it
    f"""
    CREATE INDEX worklogs_order_ended_words ON worklogs_workorder
    USING gin (worklogs_pieces_of_era(words, organization_id, number)) WITH (fastupdate = off) WHERE {ENDED}
    """,
    "ALTER INDEX worklogs_order_ended_words ALTER COLUMN 1 SET STATISTICS 0",
    # several filters of a list together, each of which leaves too many to be of use alone
    "CREATE EXTENSION IF NOT EXISTS btree_gin",
    """
    CREATE INDEX worklogs_order_filters ON worklogs_workorder
    USING gin (status, priority, category, kind) WITH (fastupdate = off)
    """,
)
DROP = (
    "DROP INDEX worklogs_order_filters",
    "DROP INDEX worklogs_order_ended_words",
    "DROP FUNCTION worklogs_stands_in_era",
    "DROP FUNCTION worklogs_pieces_of_era",
    "DROP FUNCTION worklogs_piece_of_era",
)


class Migration(migrations.Migration):
    """Words of ended orders are found from the newest back, see `querysets/finding.py`; filters are put together."""

    dependencies = [("worklogs", "0008_words_of_orders")]

    operations = [on_postgresql(MAKE, DROP)]
