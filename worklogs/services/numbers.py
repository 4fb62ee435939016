"""Numbers of work orders: counting up per organisation, drawn one after the other."""

from django.db.models import F

from core.tenancy import TenantScopeMissing, current_organization_id
from worklogs.models import WorkOrderNumber


def draw(count: int) -> range:
    """The next `count` numbers of the organisation in scope.

    Others wait until the transaction ends; call it late, or with 0 to wait in line before looking at orders.
    """
    organization_id = current_organization_id()
    if organization_id is None:
        raise TenantScopeMissing("Numbers are drawn in the scope of one organization.")
    row = WorkOrderNumber.objects.filter(organization=organization_id)
    if not row.update(last=F("last") + count):
        WorkOrderNumber.objects.bulk_create(
            [WorkOrderNumber(organization_id=organization_id)],
            ignore_conflicts=True,
            check_foreign_keys=False,
        )
        row.update(last=F("last") + count)
    last: int = row.values_list("last", flat=True).get()
    return range(last - count + 1, last + 1)
