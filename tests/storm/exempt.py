"""What no flow breaks, and why that is right. A line that is not needed any more fails as a missing one does."""

#: Routes and jobs that change nothing, which a test checks: broken, they answer an error and that is all.
READS = {
    "GET /api/session", "GET /api/subscriber", "GET /api/accounts",
    "GET /api/accounts/{account}/services", "GET /api/accounts/{account}/operations",
    "GET /api/accounts/{account}/forecast", "GET /api/accounts/{account}/topup-options",
    "GET /api/accounts/{account}/promised-payment", "GET /api/accounts/{account}/autopay",
    "GET /api/accounts/{account}/services/{service}/tariffs",
    "GET /api/accounts/{account}/services/{service}/suspension",
    "GET /api/topups/{id}", "GET /api/topups/{id}/status", "GET /api/health", "GET /api/openapi.json",
}  # fmt: skip
READING_JOBS = {"watch_cases"}

_BY_GET = "the same receiver as behind POST; shut unless the company's cabinet says GET"
ROUTES = {
    "GET /api/webhooks/robokassa": _BY_GET,
    "GET /api/webhooks/uniteller": _BY_GET,
}

_STAFF = "a command of the provider's staff, run again by hand"
_FILLED = "fills the store before anybody is a subscriber"
#: Functions whose outgoing calls belong to no flow.
FUNCTIONS = {
    "store/agenda.py Agenda.next_due": "asked by the movable clock of one machine only",
    "store/cases.py CaseStore.get": _STAFF,
    "store/receipts.py ReceiptStore.urls": "a read of links, where a company tells of receipts: test_receipts.py",
    "store/subscribers.py SubscriberStore.add": _FILLED,
    "store/subscribers.py SubscriberStore.journal": _STAFF,
    "store/password_changes.py issue": _STAFF,
    "billing/embedded/network.py every": _STAFF,
    "billing/embedded/operations.py _entries": "a read: it only makes the query that its caller sends",
    "billing/embedded/accounts.py create": _FILLED,
    "billing/embedded/agreement.py _agenda": _STAFF,
    "billing/embedded/catalogue.py replace": _STAFF,
    "billing/embedded/ledger.py find_external": "asked where no repeat of a transaction was answered: test_ledger.py",
    "billing/embedded/verify.py _account": _STAFF,
    "billing/embedded/verify.py _externals": _STAFF,
    "billing/embedded/verify.py _revision": _STAFF,
    "billing/embedded/verify.py _accounts": _STAFF,
    "billing/embedded/verify.py _Walk._read_on": _STAFF,
}
