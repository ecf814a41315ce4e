"""The consent is looked at before the intent is written, and not in its transaction."""

from chalicelib.store.autopays import AutopayStore
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_autopay.py::test_a_consent_withdrawn_in_the_same_instant_leaves_no_charge"
SHOWS = "== ([], 0, 'off')"


def plant() -> None:
    rewrite(AutopayStore.commit, {"same & when if when is not None else same": "AutopayRow.account.exists()"})
