import core.ids
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.triggers import append_only


class Migration(migrations.Migration):
    dependencies = [
        ("worklogs", "0004_portal"),
        ('accounts', '0004_service_levels'),
        ('scheduling', '0004_moved_dates_index'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SlaViolation',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('clock', models.CharField(choices=[('response', 'Response'), ('resolution', 'Resolution')], max_length=10)),
                ('breached_at', models.DateTimeField()),
                ('found_at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SlaWarning',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('clock', models.CharField(choices=[('response', 'Response'), ('resolution', 'Resolution')], max_length=10)),
                ('percent', models.PositiveSmallIntegerField()),
                ('due_at', models.DateTimeField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='workorder',
            name='deadline_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='workorder',
            name='sla_look_at',
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.CreateModel(
            name='SlaEscalation',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('level', models.PositiveSmallIntegerField(choices=[(1, 'Coordinators'), (2, 'Executives')])),
                ('raised_at', models.DateTimeField()),
                ('next_at', models.DateTimeField(null=True)),
                ('acknowledged_at', models.DateTimeField(null=True)),
                ('acknowledged_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SlaExcuse',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField()),
                ('by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='SlaPolicy',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=100)),
                ('position', models.PositiveSmallIntegerField(default=100)),
                ('is_active', models.BooleanField(default=True)),
                ('kind', models.CharField(blank=True, choices=[('preventive', 'Preventive'), ('corrective', 'Corrective'), ('inspection', 'Inspection'), ('emergency', 'Emergency'), ('cleaning', 'Cleaning'), ('restocking', 'Restocking'), ('other', 'Other')], max_length=12)),
                ('task_type', models.CharField(blank=True, choices=[('checkout_cleaning', 'Checkout cleaning'), ('stay_over_cleaning', 'Stay-over cleaning'), ('deep_cleaning', 'Deep cleaning'), ('inspection', 'Inspection'), ('maintenance_repair', 'Repair'), ('restocking', 'Restocking'), ('turndown', 'Turndown'), ('setup', 'Set-up'), ('other', 'Other')], max_length=20)),
                ('category', models.CharField(blank=True, choices=[('plumbing', 'Plumbing'), ('electrical', 'Electrical'), ('hvac', 'Heating, ventilation, air'), ('appliance', 'Appliance'), ('furniture', 'Furniture'), ('safety', 'Safety'), ('other', 'Other')], max_length=12)),
                ('priority', models.CharField(blank=True, choices=[('low', 'Low'), ('medium', 'Medium'), ('high', 'High'), ('critical', 'Critical')], max_length=10)),
                ('response_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(525600)])),
                ('response_business_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('resolution_minutes', models.PositiveIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(525600)])),
                ('resolution_business_days', models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(365)])),
                ('escalate_after_minutes', models.PositiveIntegerField(blank=True, default=60, null=True, validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(525600)])),
                ('calendar', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sla_policies', to='accounts.workingcalendar')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('resource_type', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sla_policies', to='scheduling.resourcetype')),
            ],
            options={
                'verbose_name': 'SLA policy',
                'verbose_name_plural': 'SLA policies',
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='workorder',
            name='sla_policy',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='worklogs.slapolicy'),
        ),
        migrations.AddIndex(
            model_name='workorder',
            index=models.Index(condition=models.Q(('sla_look_at__isnull', False)), fields=['sla_look_at'], name='worklogs_order_sla_look'),
        ),
        migrations.AddIndex(
            model_name='workorder',
            index=models.Index(condition=models.Q(('sla_policy__isnull', False), ('deadline_at__isnull', False), _connector='OR'), fields=['organization', 'reported_at'], name='worklogs_order_promised'),
        ),
        migrations.AddField(
            model_name='slaviolation',
            name='organization',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='slaviolation',
            name='policy',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='violations', to='worklogs.slapolicy'),
        ),
        migrations.AddField(
            model_name='slaviolation',
            name='work_order',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sla_violations', to='worklogs.workorder'),
        ),
        migrations.AddField(
            model_name='slaexcuse',
            name='violation',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='excuse', to='worklogs.slaviolation'),
        ),
        migrations.AddField(
            model_name='slaescalation',
            name='violation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='escalations', to='worklogs.slaviolation'),
        ),
        migrations.AddField(
            model_name='slawarning',
            name='organization',
            field=models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization'),
        ),
        migrations.AddField(
            model_name='slawarning',
            name='work_order',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sla_warnings', to='worklogs.workorder'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='worklogs_policy_name'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('response_minutes', None), ('response_business_days', None), _connector='OR'), name='worklogs_policy_one_response', violation_error_message='Give the response in minutes or in working days, not both.'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('resolution_minutes', None), ('resolution_business_days', None), _connector='OR'), name='worklogs_policy_one_resolution', violation_error_message='Give the resolution in minutes or in working days, not both.'),
        ),
        migrations.AddConstraint(
            model_name='slapolicy',
            constraint=models.CheckConstraint(condition=models.Q(('response_minutes__isnull', False), ('response_business_days__isnull', False), ('resolution_minutes__isnull', False), ('resolution_business_days__isnull', False), _connector='OR'), name='worklogs_policy_some_target', violation_error_message='Give at least one target: for the response or the resolution.'),
        ),
        migrations.AddIndex(
            model_name='slaviolation',
            index=models.Index(fields=['organization', '-breached_at', '-id'], name='worklogs_violation_by_time'),
        ),
        migrations.AddConstraint(
            model_name='slaviolation',
            constraint=models.UniqueConstraint(fields=('work_order', 'clock'), name='worklogs_violation_once'),
        ),
        migrations.AddIndex(
            model_name='slaescalation',
            index=models.Index(condition=models.Q(('next_at__isnull', False)), fields=['next_at'], name='worklogs_escalation_next'),
        ),
        migrations.AddIndex(
            model_name='slaescalation',
            index=models.Index(condition=models.Q(('acknowledged_at', None)), fields=['organization', '-raised_at'], name='worklogs_escalation_waiting'),
        ),
        migrations.AddConstraint(
            model_name='slaescalation',
            constraint=models.UniqueConstraint(fields=('violation', 'level'), name='worklogs_escalation_once'),
        ),
        migrations.AddConstraint(
            model_name='slaescalation',
            constraint=models.CheckConstraint(condition=models.Q(('acknowledged_by', None), ('acknowledged_at__isnull', False), _connector='OR'), name='worklogs_escalation_stamp'),
        ),
        migrations.AddConstraint(
            model_name='slawarning',
            constraint=models.UniqueConstraint(fields=('work_order', 'clock', 'percent'), name='worklogs_warning_once'),
        ),
        *append_only(
            "worklogs_slawarning",
            "work_order_id = NEW.work_order_id AND clock = NEW.clock AND percent = NEW.percent",
        ),
        *append_only(
            "worklogs_slaviolation", "work_order_id = NEW.work_order_id AND clock = NEW.clock"
        ),
        *append_only("worklogs_slaexcuse", "violation_id = NEW.violation_id"),
    ]
