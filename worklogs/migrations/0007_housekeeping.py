from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklogs", "0006_people")]

    operations: list[object] = []
