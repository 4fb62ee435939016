from django.db import migrations

from core.trigrams import trigram_index


class Migration(migrations.Migration):
    """Words of notes and comments are found through an index; that only PostgreSQL has."""

    dependencies = [("worklogs", "0004_spent_before")]

    operations = [
        *trigram_index("worklogs_log", "notes", name="worklogs_log_words"),
        *trigram_index("worklogs_workordercomment", "text", name="worklogs_comment_words"),
    ]
