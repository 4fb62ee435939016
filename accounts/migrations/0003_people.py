from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_windows_settings")]

    operations: list[object] = []
