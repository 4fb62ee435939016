import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NEW_KINDS = [
    'report_news', 'report_received', 'safety_report', 'order_assigned', 'order_escalated', 'order_comment',
    'order_to_verify',
]


def forget_reporters(apps, editor):
    """Backwards: letters to people who reported have no place, nor have messages of kinds that nobody knows then."""
    for name, condition in (
        ('Delivery', {'follower__isnull': False}),
        ('Notification', {'kind__in': NEW_KINDS}),
        ('Preference', {'kind__in': NEW_KINDS}),
    ):
        rows = apps.get_model('notifications', name)._base_manager.using(editor.connection.alias)
        rows.filter(**condition).delete()
    if editor.connection.vendor == 'postgresql':
        editor.execute('SET CONSTRAINTS ALL IMMEDIATE')  # tables with checks still to come cannot be altered


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0002_window_messages'),
        ('worklogs', '0004_portal'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='delivery',
            name='notifications_delivery_one_recipient',
        ),
        migrations.AddField(
            model_name='delivery',
            name='follower',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='worklogs.workorderfollower'),
        ),
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('maintenance_due', 'Maintenance due'), ('maintenance_overdue', 'Maintenance overdue'), ('issue_found', 'Issue found during maintenance'), ('schedule_assigned', 'Schedule assigned to you'), ('window_scheduled', 'Maintenance window scheduled'), ('window_changed', 'Maintenance window changed or cancelled'), ('window_reminder', 'Maintenance window about to begin, or still open'), ('window_work', 'Work in a maintenance window began or ended'), ('window_answer', 'Answers to your questions about a maintenance window'), ('report_news', 'News of what you reported'), ('report_received', 'New report'), ('safety_report', "New report about somebody's safety"), ('order_assigned', 'Work given to you, taken from you or cancelled'), ('order_escalated', 'Work escalated'), ('order_comment', 'Comments on work, and where you are mentioned'), ('order_to_verify', 'Work done and to be verified'), ('system', 'System message')], max_length=30),
        ),
        migrations.AlterField(
            model_name='preference',
            name='kind',
            field=models.CharField(choices=[('maintenance_due', 'Maintenance due'), ('maintenance_overdue', 'Maintenance overdue'), ('issue_found', 'Issue found during maintenance'), ('schedule_assigned', 'Schedule assigned to you'), ('window_scheduled', 'Maintenance window scheduled'), ('window_changed', 'Maintenance window changed or cancelled'), ('window_reminder', 'Maintenance window about to begin, or still open'), ('window_work', 'Work in a maintenance window began or ended'), ('window_answer', 'Answers to your questions about a maintenance window'), ('report_news', 'News of what you reported'), ('report_received', 'New report'), ('safety_report', "New report about somebody's safety"), ('order_assigned', 'Work given to you, taken from you or cancelled'), ('order_escalated', 'Work escalated'), ('order_comment', 'Comments on work, and where you are mentioned'), ('order_to_verify', 'Work done and to be verified'), ('system', 'System message')], max_length=30),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.UniqueConstraint(condition=models.Q(('follower__isnull', False)), fields=('follower', 'fact_key'), name='notifications_delivery_follower_once'),
        ),
        migrations.AddConstraint(
            model_name='delivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('booking', None), ('follower', None), ('recipient__isnull', False)), models.Q(('address', ''), ('booking__isnull', False), ('follower', None), ('recipient', None)), models.Q(('address', ''), ('booking', None), ('follower__isnull', False), ('recipient', None)), _connector='OR'), name='notifications_delivery_one_recipient'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_reporters, elidable=False),
    ]
