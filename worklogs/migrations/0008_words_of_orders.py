from typing import Any

import django.db.models.functions.text
from django.db import migrations, models

from core.trigrams import drop_trigram_index, known_frequencies, trigram_index

#: What was noted at completions, also as corrected later, and what was said in comments.
TELL = """
WITH RECURSIVE noted(work_order_id, log_id) AS (
    SELECT work_order_id, log_id FROM worklogs_workorderlog
    UNION ALL
    SELECT noted.work_order_id, worklogs_log.id
    FROM noted JOIN worklogs_log ON worklogs_log.supersedes_id = noted.log_id
), said(work_order_id, text) AS (
    SELECT noted.work_order_id, worklogs_log.notes
    FROM noted JOIN worklogs_log ON worklogs_log.id = noted.log_id WHERE worklogs_log.notes <> ''
    UNION ALL
    SELECT work_order_id, text FROM worklogs_workordercomment
)
UPDATE worklogs_workorder SET told = whole.text
FROM (SELECT work_order_id, {joined} AS text FROM said GROUP BY work_order_id) AS whole
WHERE whole.work_order_id = worklogs_workorder.id
"""
JOINED = {
    "postgresql": "string_agg(E'\\n ' || text, '')",
    "sqlite": "group_concat(char(10) || ' ' || text, '')",
}
OPEN = "status IN ('reported', 'triaged', 'scheduled', 'assigned', 'in_progress', 'on_hold')"


def tell(_apps: Any, editor: Any) -> None:
    with editor.connection.cursor() as cursor:
        cursor.execute(TELL.format(joined=JOINED[editor.connection.vendor]))


class Migration(migrations.Migration):
    """All words of an order in a column of their own, under one index."""

    dependencies = [("worklogs", "0007_guests_and_alarms")]

    operations = [
        migrations.AddField(
            model_name='workorder',
            name='told',
            field=models.TextField(blank=True, db_default='', default='', editable=False),
        ),
        migrations.RunPython(tell, migrations.RunPython.noop, elidable=False),
        *drop_trigram_index("worklogs_log", "notes", name="worklogs_log_words"),
        *drop_trigram_index("worklogs_workordercomment", "text", name="worklogs_comment_words"),
        *drop_trigram_index(
            "worklogs_workorder", "title", "description", name="worklogs_order_words"
        ),
        migrations.AddField(
            model_name='workorder',
            name='words',
            field=models.GeneratedField(db_persist=True, expression=django.db.models.functions.text.Upper(django.db.models.functions.text.Concat(models.Value(' '), 'title', models.Value('\n '), 'description', 'told', output_field=models.TextField())), output_field=models.TextField()),
        ),
        *trigram_index("worklogs_workorder", "words", name="worklogs_order_words", is_upper=True),
        *trigram_index(
            "worklogs_workorder",
            "words",
            name="worklogs_order_open_words",
            is_upper=True,
            where=OPEN,
        ),
        *known_frequencies("worklogs_workorder", "words", samples=500),
    ]
