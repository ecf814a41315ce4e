"""Who may do what in AWS: exactly what the code does when it runs, on exactly the tables it does it to."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from chalicelib import bootstrap
from chalicelib.billing import AccountState
from chalicelib.billing.embedded import accounts
from chalicelib.handlers import jobs
from chalicelib.services.autopay_words import TERMS_VERSION
from chalicelib.store.agenda import Kind
from chalicelib.store.promises import PromiseRow
from local.store.handlers import Answer
from local.store.transport import Call, set_around
from tests.autopaying import agree
from tests.portal import PASSWORD, Browser, client
from tests.product import Product, books
from tests.promising import blocked, take
from tests.scene import ACCOUNT, settle

ROOT = Path(__file__).resolve().parents[2]
Uses = set[tuple[str, str]]
_IN_TRANSACTIONS = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
}


#: What a request may hold where the store is Yandex Database: no index, no token, no PartiQL, no stream.
MEMBERS = {
    *("TableName", "Key", "Item", "ConsistentRead", "Limit", "ScanIndexForward", "ExclusiveStartKey", "TransactItems"),
    *("ConditionExpression", "FilterExpression", "KeyConditionExpression", "ProjectionExpression", "UpdateExpression"),
    *(
        "ExpressionAttributeNames",
        "ExpressionAttributeValues",
        "RequestItems",
        "ReturnConsumedCapacity",
        "ReturnValues",
    ),
}
OPERATIONS = {"GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query", "BatchGetItem", "TransactWriteItems"}


class Context:
    """As much of Lambda's as the jobs read."""

    aws_request_id = "job-1"

    def get_remaining_time_in_millis(self) -> int:
        return 100_000


def uses(call: Call) -> Uses:
    """Which right each part of a request needs: a transaction has none of its own."""
    if call.operation == "TransactWriteItems":
        parts = [(verb, part["TableName"]) for item in call.body["TransactItems"] for verb, part in item.items()]
        return {(table.removeprefix("portal-"), _IN_TRANSACTIONS[verb]) for verb, table in parts}
    tables = call.body.get("RequestItems") or [call.body["TableName"]]
    return {(table.removeprefix("portal-"), call.operation) for table in tables}


class Record:
    """What is asked of the store, except by the staff, who come with rights of their own."""

    def __init__(self) -> None:
        self.seen: Uses = set()
        self.calls: list[Call] = []
        self._staff = False
        #: the operation whose next answer is lost on the way: it comes again and finds itself done
        self.lose = ""

    def around(self, call: Call, proceed: Callable[[], Answer]) -> Answer:
        if not self._staff:
            self.seen |= uses(call)
            self.calls.append(call)
        answer = proceed()
        if self.lose != call.operation:
            return answer
        self.lose = ""
        raise ReadTimeoutError(endpoint_url="store")

    @contextmanager
    def staff(self) -> Iterator[None]:
        self._staff = True
        yield
        self._staff = False


def browse(shop: Product, record: Record) -> None:
    """Everything a browser asks for, a wrong password among it."""
    from chalicelib.handlers.meta import all_routes

    first, second = client("203.0.113.9"), client()
    for _ in range(2):
        assert client().log_in("bob", "wrong").status == 401
    assert (first.log_in("bob").status, second.log_in("bob").status, second.log_in("bob").status) == (200, 200, 200)
    with record.staff():  # a clock that moves runs the agenda too, which is not the browser's doing
        shop.advance(minutes=15)
    for route in all_routes():
        if route.method == "GET":
            path = route.path.replace("{account}", "100201").replace("{service}", "internet")
            second.get(path.replace("{id}", str(uuid.uuid4())))
    assert second.get("/api/home?account=100202").status == 200
    assert second.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    assert second.delete("/api/sessions").status == 204
    assert second.delete("/api/session").status == 204


def pay(shop: Product, record: Record) -> None:
    """From the button to the credit that ends a block; before it a wrong sum, which a person looks at twice."""
    browser = client()
    browser.log_in("bob")
    with record.staff():
        accounts.set_state(books(), "100201", AccountState.FINANCIAL_BLOCK, "not_enough_money")
    id = str(uuid.uuid4())
    wish = {"id": id, "amount_kopecks": 700_00, "gateway": "robokassa"}
    assert browser.post("/api/accounts/100201/topups", wish).status == 201
    topup = bootstrap.topup_store().get(id)
    assert topup is not None
    for _ in range(2):
        assert shop.notify(shop.result_fields(topup, OutSum="1.00")).status >= 400
        with record.staff():
            bootstrap.cases().retry(f"wrong_amount:{topup.topup_id}", "ivanova", "once more")
    shop.fault("billing", "post_payment", "timeout_after")
    for _ in range(2):
        assert shop.notify(shop.result_fields(topup)).status == 200
    assert browser.get(f"/api/topups/{topup.topup_id}").status == 200


def manage(shop: Product, record: Record) -> None:
    """What a subscriber does with the services: another tariff, a suspension, a promised payment, each taken back."""
    browser, service = client(), f"/api/accounts/{ACCOUNT}/services/internet"
    with record.staff():
        settle(shop)
    browser.log_in("bob")
    change = {"tariff": "t300", "when": "next_period", "expected_charge_kopecks": 0}
    assert browser.post(f"{service}/tariff-change", change).status == 200
    assert browser.delete(f"{service}/tariff-change").status == 204
    for _ in range(2):
        got = browser.post(f"{service}/suspension", {"from": "2026-11-25", "to": "2026-12-02"})
        assert got.status in {200, 201}, got.text
    assert browser.delete(f"{service}/suspension").status == 204
    assert browser.post("/api/session/step-up", {"password": PASSWORD}).status == 204
    assert browser.put(f"{service}/password", {"generate": True}).status == 200
    new = {"current_password": PASSWORD, "new_password": "another demo password"}
    assert browser.put("/api/subscriber/password", new).status == 204
    with record.staff():
        shop.advance(days=20)
    autopaying(shop, browser, record)
    promise = f"/api/accounts/{ACCOUNT}/promised-payment"
    shop.fault("billing", "grant_promise", "timeout_after")
    for _ in range(2):
        browser.post(promise, {"expected_amount_kopecks": browser.get(promise).json["amount_kopecks"]})
    take_what_is_not_needed(browser, record)


def autopaying(shop: Product, browser: Browser, record: Record) -> None:
    """Agreed to twice, paid, limited, skipped, withdrawn."""
    path = f"/api/accounts/{ACCOUNT}/autopay"
    assert browser.post("/api/session/step-up", {"password": "another demo password"}).status == 204
    for _ in range(2):
        first = {"id": str(uuid.uuid4()), "amount_kopecks": 10_00, "gateway": "uniteller"}
        assert browser.post(path, {"terms_version": TERMS_VERSION, "topup": first}).status == 201
    with record.staff():
        topup = bootstrap.topup_store().get(str(first["id"]))
        assert topup is not None
        shop.pay(topup)
        shop.advance(minutes=2)
        start = bootstrap.billing().runway(ACCOUNT).period_start.isoformat()
    assert browser.patch(path, {"cap_kopecks": 100_00}).status == 200
    assert browser.post(f"{path}/skip", {"period_start": start}).status == 200
    assert browser.delete(path).status == 204


def take_what_is_not_needed(browser: Browser, record: Record) -> None:
    """The billing refuses after the wish was written down, as it does if somebody was faster in between."""
    with record.staff():
        at = bootstrap.now()
        wish = PromiseRow("100201", "promise#x", subscriber_id="sub-bob", amount_kopecks=1, status="granting")
        wish.created_at = at
        assert bootstrap.promises().begin(wish, at)
    assert browser.post("/api/accounts/100201/promised-payment", {"expected_amount_kopecks": 1}).status == 409


def work(shop: Product, record: Record) -> None:
    """Every schedule and the queue: a gateway that is silent for days, then tells of a payment."""
    with record.staff():
        blocked(shop)
        take()
        accounts.set_state(books(), "100202", AccountState.FINANCIAL_BLOCK, "not_enough_money")
        topup = shop.order("sub-bob", "100202", 700_00).topup
        shop.pay(topup, webhook="lost")
        shop.pay(agree())
        shop.fault("robokassa", "get_payment", "http_500", times=1000)
    for _ in range(2):
        shop.advance(hours=30)
        everything()
        with record.staff():
            for case in shop.cases():
                bootstrap.cases().retry(case.case_id, "ivanova", "once more")
    shop.advance(hours=30)
    shop.sandboxed("DELETE", "/sandbox/faults")
    shop.fault("billing", "post_payment", "timeout_after")
    for _ in range(2):
        record.lose = "UpdateItem"
        shop.advance(hours=2)
        everything()
    assert shop.status(topup) == "credited"


def everything() -> None:
    for kind in Kind:
        jobs.run(kind, Context())
        for shard in range(bootstrap.settings().agenda_shards):
            jobs.work(json.dumps({"kind": kind, "shard": shard}), Context())
    jobs.watch_cases(Context())


def allowed(policy: dict[str, Any]) -> Uses:
    """Of one policy: which right on which table."""
    return {
        (statement["Resource"]["Fn::GetAtt"][0].removesuffix("Table").lower(), action.removeprefix("dynamodb:"))
        for statement in policy["Statement"]
        for action in statement.get("Action", ())
        if action.startswith("dynamodb:")
    }


def portable(calls: list[Call]) -> None:
    """Nothing leaves that the store of another cloud refuses; the tokens are stripped as they are there."""
    assert {call.operation for call in calls} <= OPERATIONS
    assert {name for call in calls for name in call.body} <= MEMBERS
    assert max(len(call.body.get("TransactItems", ())) for call in calls) <= 25


def actions(policy: dict[str, Any]) -> set[str]:
    statements = [part.get("Fn::If", [None, part])[1] for part in policy["Statement"]]
    return {action for part in statements for action in part["Action"] if not action.startswith("dynamodb:")}


def read(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / ".chalice" / name).read_text())
    return found


@pytest.fixture
def recorded(shop: Product) -> Iterator[Record]:
    record = Record()
    set_around(record.around)
    yield record
    set_around(None)


def test_the_api_may_do_what_browsers_and_gateways_make_it_do(shop: Product, recorded: Record) -> None:
    browse(shop, recorded)
    pay(shop, recorded)
    manage(shop, recorded)
    assert recorded.seen == allowed(read("policy-dev.json"))
    portable(recorded.calls)


def test_the_jobs_may_do_what_the_schedules_and_the_queue_make_them_do(shop: Product, recorded: Record) -> None:
    work(shop, recorded)
    assert recorded.seen == allowed(read("policy-dev-jobs.json"))
    portable(recorded.calls)


def test_letters_and_queue_are_the_jobs_business() -> None:
    """SES has one action here; a worker's trigger takes, hides and deletes messages and asks for their number."""
    logs = {"logs:CreateLogStream", "logs:PutLogEvents"}
    worker = {"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
    # what is sealed is opened by the staff, who come with rights of their own
    assert actions(read("policy-dev.json")) == logs | {"kms:Encrypt"}
    assert actions(read("policy-dev-jobs.json")) == logs | worker | {"sqs:SendMessage", "ses:SendEmail"}


def test_both_stages_allow_the_same_each_on_its_own_stack() -> None:
    """Every resource is one of the stack's own by reference, so a stage cannot name another's."""
    for name in ("policy-{}.json", "policy-{}-jobs.json"):
        assert read(name.format("dev")) == read(name.format("prod"))


@pytest.mark.parametrize("name", ["policy-dev.json", "policy-dev-jobs.json"])
def test_nothing_is_allowed_on_everything(name: str) -> None:
    text = (ROOT / ".chalice" / name).read_text()
    assert "*" not in text
    for statement in read(name)["Statement"]:
        statement = statement.get("Fn::If", [None, statement])[1]
        resources = statement["Resource"]
        for resource in resources if isinstance(resources, list) else [resources]:
            assert set(resource) <= {"Fn::GetAtt", "Fn::Sub"}, resource
