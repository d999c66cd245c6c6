"""The tables of reasons fit those of statuses, vendor by vendor."""

import pytest

from saleor_aftersale.tracking.carriers import registry
from saleor_aftersale.tracking.statuses import TROUBLE

VENDORS = sorted(set(registry.PROVIDERS) - {"generic"})


@pytest.mark.parametrize("provider", VENDORS)
def test_code_that_tells_why_stands_for_trouble(provider):
    module = registry.provider(provider)
    statuses = {**module.STATUS_MAP, **getattr(module, "REASON_MAP", {})}
    # What is said at the door may be known as a detail only, beside whatever status.
    known = {code: statuses[code] for code in module.INCIDENTS if code in statuses}

    assert {code for code, status in known.items() if status not in TROUBLE} == set()
    assert set(module.INCIDENTS) - set(known) <= {"DeliveryFailure_NoBody"}
