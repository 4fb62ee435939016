import accounts.models.organization
import core.ids
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0003_people"),
    ]

    operations = [
        migrations.AddField(
            model_name='workingcalendar',
            name='country',
            field=models.CharField(blank=True, max_length=2),
        ),
        migrations.AddField(
            model_name='workingcalendar',
            name='is_round_the_clock',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='workingcalendar',
            name='subdivision',
            field=models.CharField(blank=True, max_length=10),
        ),
        migrations.AddField(
            model_name='workingcalendar',
            name='time_zone',
            field=models.CharField(blank=True, max_length=64, validators=[accounts.models.organization.validate_time_zone]),
        ),
        migrations.CreateModel(
            name='ClosedDay',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('day', models.DateField()),
                ('name', models.CharField(blank=True, max_length=100)),
                ('calendar', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='closed_days', to='accounts.workingcalendar')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(fields=('calendar', 'day'), name='accounts_closed_day_once')],
            },
        ),
    ]
