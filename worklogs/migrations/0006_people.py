from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklogs", "0005_service_levels")]

    operations: list[object] = []
