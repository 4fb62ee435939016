from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("worklogs", "0003_checklists")]

    operations: list[object] = []
