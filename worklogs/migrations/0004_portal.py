import core.fields
import core.ids
import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_portal'),
        ('scheduling', '0004_moved_dates_index'),
        ('worklogs', '0003_checklists'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='WorkOrderFollower',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('contact_email', core.fields.SealedCharField(blank=True, max_length=254, validators=[django.core.validators.EmailValidator('This is no e-mail address. Leave it empty if you want no mail.')])),
                ('is_reporter', models.BooleanField(default=False)),
                ('words', models.CharField(blank=True, editable=False, max_length=200)),
                ('form_key', models.CharField(editable=False, max_length=32, null=True, unique=True)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('user', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('work_order', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='followers', to='worklogs.workorder')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
            },
        ),
        migrations.AddField(
            model_name='workordercomment',
            name='follower',
            field=models.ForeignKey(editable=False, help_text='Who said it without being a user: whoever reported through the portal.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='comments', to='worklogs.workorderfollower'),
        ),
        migrations.CreateModel(
            name='PortalCode',
            fields=[
                ('id', models.UUIDField(default=core.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('code', models.CharField(editable=False, max_length=40, unique=True)),
                ('revoked_at', models.DateTimeField(editable=False, null=True)),
                ('organization', models.ForeignKey(db_index=False, editable=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organization')),
                ('resource', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='portal_codes', to='scheduling.resource')),
            ],
            options={
                'abstract': False,
                'base_manager_name': 'objects',
                'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None)), fields=('resource',), name='worklogs_portal_code_one')],
            },
        ),
        migrations.AddIndex(
            model_name='workorderfollower',
            index=models.Index(condition=models.Q(('user__isnull', False)), fields=['user', '-created_at'], name='worklogs_follower_by_user'),
        ),
        migrations.AddConstraint(
            model_name='workorderfollower',
            constraint=models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('work_order', 'user'), name='worklogs_follower_once'),
        ),
    ]
