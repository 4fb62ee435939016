from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklogs", "0002_work_orders")]

    operations: list[object] = []
