from django.db import migrations

from core.trigrams import trigram_index


class Migration(migrations.Migration):
    dependencies = [
        ("scheduling", "0005_bookings_of_a_time"),
    ]

    operations = [
        *trigram_index(
            "scheduling_resource", "name", "code", name="scheduling_resource_words"
        ),
    ]
