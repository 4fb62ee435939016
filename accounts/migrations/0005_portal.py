from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0004_service_levels")]

    operations = [
        migrations.AddField(
            model_name='organization',
            name='portal_enabled',
            field=models.BooleanField(default=False, help_text="Whoever scans a resource's code may report a problem without signing in."),
        ),
    ]
