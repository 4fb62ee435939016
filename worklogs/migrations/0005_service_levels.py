from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklogs", "0004_portal")]

    operations: list[object] = []
