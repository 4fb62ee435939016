import core.ids
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from core.triggers import append_only, frozen_once_set


class Migration(migrations.Migration):

    dependencies = [
        ("worklogs", "0002_work_orders"),
        ("scheduling", "0004_moved_dates_index"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='workorder',
            name='failed_steps',
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.CreateModel(
            name='Checklist',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True, max_length=2000)),
                ('is_active', models.BooleanField(default=True, verbose_name='in use')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChecklistAnswer',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('step', models.CharField(max_length=40)),
                ('text', models.TextField(blank=True)),
                ('number', models.DecimalField(decimal_places=6, max_digits=19, null=True)),
                ('attachment_hashes', models.JSONField(default=list)),
                ('is_failed', models.BooleanField(default=False)),
                ('answered_at', models.DateTimeField()),
                ('answered_by', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('supersedes', models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='superseded_by', to='worklogs.checklistanswer')),
                ('work_order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='worklogs.workorder')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChecklistFollowUp',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('step', models.CharField(max_length=40)),
                ('order', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='follows_step', to='worklogs.workorder')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('work_order', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='step_follow_ups', to='worklogs.workorder')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChecklistUse',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('task_type', models.CharField(blank=True, choices=[('checkout_cleaning', 'Checkout cleaning'), ('stay_over_cleaning', 'Stay-over cleaning'), ('deep_cleaning', 'Deep cleaning'), ('inspection', 'Inspection'), ('maintenance_repair', 'Repair'), ('restocking', 'Restocking'), ('turndown', 'Turndown'), ('setup', 'Set-up'), ('other', 'Other')], max_length=20)),
                ('kind', models.CharField(blank=True, choices=[('preventive', 'Preventive'), ('corrective', 'Corrective'), ('inspection', 'Inspection'), ('emergency', 'Emergency'), ('cleaning', 'Cleaning'), ('restocking', 'Restocking'), ('other', 'Other')], max_length=12)),
                ('checklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='uses', to='worklogs.checklist')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('schedule', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='checklist_use', to='scheduling.schedule')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.CreateModel(
            name='ChecklistVersion',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('number', models.PositiveIntegerField(editable=False)),
                ('steps', models.JSONField(default=list)),
                ('published_at', models.DateTimeField(editable=False, null=True)),
                ('checklist', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='versions', to='worklogs.checklist')),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('published_by', models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='checklist',
            name='current',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='worklogs.checklistversion'),
        ),
        migrations.AddField(
            model_name='workorder',
            name='checklist',
            field=models.ForeignKey(db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='work_orders', to='worklogs.checklistversion'),
        ),
        migrations.AddIndex(
            model_name='workorder',
            index=models.Index(condition=models.Q(('checklist__isnull', False)), fields=['checklist'], name='worklogs_order_by_checklist'),
        ),
        migrations.AddIndex(
            model_name='checklistanswer',
            index=models.Index(fields=['work_order', 'step'], name='worklogs_answer_by_order'),
        ),
        migrations.AddConstraint(
            model_name='checklistanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('supersedes', None)), fields=('work_order', 'step'), name='worklogs_answer_once'),
        ),
        migrations.AddConstraint(
            model_name='checklistanswer',
            constraint=models.CheckConstraint(condition=models.Q(('supersedes', None), models.Q(('supersedes', models.F('id')), _negated=True), _connector='OR'), name='worklogs_answer_not_itself'),
        ),
        migrations.AddConstraint(
            model_name='checklistfollowup',
            constraint=models.UniqueConstraint(fields=('work_order', 'step'), name='worklogs_step_follow_up_once'),
        ),
        migrations.AddConstraint(
            model_name='checklistuse',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', ''), ('schedule__isnull', False), ('task_type', '')), models.Q(('kind', ''), ('schedule', None), models.Q(('task_type', ''), _negated=True)), models.Q(('schedule', None), ('task_type', ''), models.Q(('kind', ''), _negated=True)), _connector='OR'), name='worklogs_checklist_use_of_one'),
        ),
        migrations.AddConstraint(
            model_name='checklistuse',
            constraint=models.UniqueConstraint(condition=models.Q(('task_type', ''), _negated=True), fields=('organization', 'task_type'), name='worklogs_checklist_of_task_type'),
        ),
        migrations.AddConstraint(
            model_name='checklistuse',
            constraint=models.UniqueConstraint(condition=models.Q(('kind', ''), _negated=True), fields=('organization', 'kind'), name='worklogs_checklist_of_kind'),
        ),
        migrations.AddConstraint(
            model_name='checklistversion',
            constraint=models.UniqueConstraint(fields=('checklist', 'number'), name='worklogs_checklist_number_once'),
        ),
        migrations.AddConstraint(
            model_name='checklistversion',
            constraint=models.UniqueConstraint(condition=models.Q(('published_at', None)), fields=('checklist',), name='worklogs_checklist_one_draft', violation_error_message='This checklist has a draft already.'),
        ),
        migrations.AddConstraint(
            model_name='checklist',
            constraint=models.UniqueConstraint(fields=('organization', 'name'), name='worklogs_checklist_name_once'),
        ),
        *frozen_once_set(
            "worklogs_checklistversion",
            "published_at",
            "id = NEW.id OR rowid = NEW.rowid OR (checklist_id = NEW.checklist_id AND number = NEW.number)",
        ),
        *append_only(
            "worklogs_checklistanswer",
            "supersedes_id = NEW.supersedes_id",
            "NEW.supersedes_id IS NULL AND supersedes_id IS NULL AND work_order_id = NEW.work_order_id AND step = NEW.step",
        ),
        *append_only(
            "worklogs_checklistfollowup",
            "order_id = NEW.order_id",
            "work_order_id = NEW.work_order_id AND step = NEW.step",
        ),
    ]
