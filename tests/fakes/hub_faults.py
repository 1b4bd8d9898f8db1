"""Every fault of the fake Docker Hub by its name, so that one test can go through them all.

@pytest.mark.parametrize("fault", HUB_FAULTS.values(), ids=str)
def test_…(fake_hub, fault):
    fault.switch_on(fake_hub)
"""

from __future__ import annotations

from tests.fakes.hub_fault import NamedFault
from tests.fakes.hub_faults_answers import ANSWERS
from tests.fakes.hub_faults_pull import PULLS
from tests.fakes.hub_faults_rows import ROWS

HUB_FAULTS: dict[str, NamedFault] = {fault.name: fault for fault in (*ANSWERS, *ROWS, *PULLS)}
