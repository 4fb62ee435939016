from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0003_order_kinds"),
    ]

    operations = [
        migrations.AlterField(
            model_name='notification',
            name='kind',
            field=models.CharField(choices=[('maintenance_due', 'Maintenance due'), ('maintenance_overdue', 'Maintenance overdue'), ('issue_found', 'Issue found during maintenance'), ('schedule_assigned', 'Schedule assigned to you'), ('window_scheduled', 'Maintenance window scheduled'), ('window_changed', 'Maintenance window changed or cancelled'), ('window_reminder', 'Maintenance window about to begin, or still open'), ('window_work', 'Work in a maintenance window began or ended'), ('window_answer', 'Answers to your questions about a maintenance window'), ('report_news', 'News of what you reported'), ('report_received', 'New report'), ('safety_report', "New report about somebody's safety"), ('order_assigned', 'Work given to you, taken from you or cancelled'), ('order_escalated', 'Work escalated'), ('order_comment', 'Comments on work, and where you are mentioned'), ('order_to_verify', 'Work done and to be verified'), ('sla_warning', 'A deadline of a work order comes near'), ('sla_breach', 'A deadline of a work order was missed'), ('sla_escalation', 'Nobody sees to a missed deadline'), ('system', 'System message')], max_length=30),
        ),
        migrations.AlterField(
            model_name='preference',
            name='kind',
            field=models.CharField(choices=[('maintenance_due', 'Maintenance due'), ('maintenance_overdue', 'Maintenance overdue'), ('issue_found', 'Issue found during maintenance'), ('schedule_assigned', 'Schedule assigned to you'), ('window_scheduled', 'Maintenance window scheduled'), ('window_changed', 'Maintenance window changed or cancelled'), ('window_reminder', 'Maintenance window about to begin, or still open'), ('window_work', 'Work in a maintenance window began or ended'), ('window_answer', 'Answers to your questions about a maintenance window'), ('report_news', 'News of what you reported'), ('report_received', 'New report'), ('safety_report', "New report about somebody's safety"), ('order_assigned', 'Work given to you, taken from you or cancelled'), ('order_escalated', 'Work escalated'), ('order_comment', 'Comments on work, and where you are mentioned'), ('order_to_verify', 'Work done and to be verified'), ('sla_warning', 'A deadline of a work order comes near'), ('sla_breach', 'A deadline of a work order was missed'), ('sla_escalation', 'Nobody sees to a missed deadline'), ('system', 'System message')], max_length=30),
        ),
    ]
