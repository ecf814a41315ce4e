"""Who works on what is due: a run alone, or workers woken by a message that may come twice, late or never."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from botocore.exceptions import EndpointConnectionError, ReadTimeoutError

from chalicelib import bootstrap
from chalicelib.handlers import jobs
from chalicelib.store.agenda import AgendaRow, Kind, row as agenda_row
from local.store.engine import Engine
from local.store.handlers import Answer
from local.store.transport import Call, error_answer, set_around
from tests.log_lines import logged
from tests.product import START, Product, product, subscriber
from tests.running import Life, Waiting, queued, record

BATCH = 3
WHILE = timedelta(minutes=5)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore waits between its tries; the clock of a test does not."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def small(store: Engine) -> Iterator[Product]:
    """A shop whose agenda has two parts and looks at three rows at a time."""
    with product(agenda_shards=2, agenda_batch=BATCH) as made:
        subscriber("sub-bob", "bob", "+79001112233")
        made.account("100201", "sub-bob")
        yield made


@pytest.fixture
def waiting(small: Product, monkeypatch: pytest.MonkeyPatch) -> Iterator[Waiting]:
    with queued(monkeypatch) as made:
        yield made


def due(shop: Product, *counts: int) -> None:
    """So many orders to ask about in each part, due now."""
    left, number = list(counts), 0
    while any(left):
        id, number = str(uuid.UUID(int=number)), number + 1
        shard = int(agenda_row(Kind.ASK_GATEWAY, id, START, len(counts)).partition.partition("#")[2])
        if left[shard]:
            shop.order("sub-bob", "100201", id=id)
            left[shard] -= 1
    shop.clock.advance(90)


@contextmanager
def store_calls(throttled: Callable[[str], bool] = lambda operation: False) -> Iterator[list[str]]:
    """The store's calls inside, by operation; those chosen are refused as too many."""
    seen: list[str] = []

    def around(call: Call, proceed: Callable[[], Answer]) -> Answer:
        seen.append(call.operation)
        if throttled(call.operation):
            return error_answer("ProvisionedThroughputExceededException", "slow down")
        return proceed()

    set_around(around)
    try:
        yield seen
    finally:
        set_around(None)


def still_due(shard: int) -> int:
    now = bootstrap.now().strftime("%Y-%m-%dT%H:%M:%SZ")
    return len(list(AgendaRow.query(f"ask_gateway#{shard}", AgendaRow.sort < now)))


def test_a_little_is_done_at_once_and_nobody_is_woken(small: Product, waiting: Waiting) -> None:
    due(small, 2, 1)
    assert jobs.run(Kind.ASK_GATEWAY, Life()) == {"done": 3}
    assert waiting.receive() == []


def test_much_is_handed_on_with_one_message_for_each_full_part(small: Product, waiting: Waiting) -> None:
    due(small, 5, 1)
    assert jobs.run(Kind.ASK_GATEWAY, Life()) == {"done": 1, "handed_on": 1}
    assert waiting.receive() == [{"kind": "ask_gateway", "shard": 0}]


def test_a_run_out_of_time_hands_on_every_part_that_is_not_empty(small: Product, waiting: Waiting) -> None:
    due(small, 2, 2)
    jobs.run(Kind.ASK_GATEWAY, Life(looks=1))
    assert sorted(asked["shard"] for asked in waiting.receive()) == [0, 1]


def test_without_a_queue_a_run_does_one_look_of_each_part_itself(small: Product) -> None:
    due(small, 5, 1)
    assert jobs.run(Kind.ASK_GATEWAY, Life()) == {"done": BATCH + 1}
    assert (still_due(0), still_due(1)) == (2, 0)


@pytest.mark.parametrize("line", [EndpointConnectionError(endpoint_url="q"), ReadTimeoutError(endpoint_url="q")])
def test_when_the_queue_is_down_the_run_works_itself(small: Product, waiting: Waiting, line: Exception) -> None:
    """Sent or not: if a worker comes as well, the leases keep the two apart."""
    due(small, 5, 0)
    break_queue(line)
    assert jobs.run(Kind.ASK_GATEWAY, Life()) == {"done": BATCH}


def break_queue(line: Exception) -> None:
    def before_send(**_: object) -> None:
        raise line

    queue = vars(bootstrap.agenda_runner())["queue"]
    queue._client.meta.events.register_first("before-send.sqs.SendMessage", before_send)


def test_a_worker_empties_its_part_look_after_look(small: Product, waiting: Waiting) -> None:
    due(small, 8, 2)
    assert jobs.work('{"kind": "ask_gateway", "shard": 0}', Life()) == {"done": 8}
    assert (still_due(0), still_due(1)) == (0, 2)
    assert waiting.receive() == []


def test_a_worker_out_of_time_hands_on_the_rest_and_the_next_one_ends_it(small: Product, waiting: Waiting) -> None:
    due(small, 8, 0)
    done, handed = 0, [{"kind": "ask_gateway", "shard": 0}]
    while handed:
        [asked] = handed
        done += jobs.work(json.dumps(asked), Life(looks=4)).get("done", 0)
        handed = waiting.receive()
    assert done == 8
    assert still_due(0) == 0


def test_a_second_worker_of_the_same_part_goes_home(small: Product, waiting: Waiting) -> None:
    due(small, 4, 0)
    place = bootstrap.agenda().enter(Kind.ASK_GATEWAY, 0, bootstrap.now(), bootstrap.now() + WHILE)
    assert place is not None
    assert jobs.work('{"kind": "ask_gateway", "shard": 0}', Life()) == {"busy": 1}
    bootstrap.agenda().leave(place)
    assert jobs.work('{"kind": "ask_gateway", "shard": 0}', Life()) == {"done": 4}


def test_a_part_whose_worker_was_killed_is_free_when_its_time_is_over(small: Product, waiting: Waiting) -> None:
    due(small, 4, 0)
    assert bootstrap.agenda().enter(Kind.ASK_GATEWAY, 0, bootstrap.now(), bootstrap.now() + WHILE)
    small.clock.advance(301)
    assert jobs.work('{"kind": "ask_gateway", "shard": 0}', Life())["done"] == 4


def test_who_overstayed_does_not_throw_out_who_came_after(small: Product) -> None:
    agenda, now = bootstrap.agenda(), bootstrap.now()
    slow = agenda.enter(Kind.ASK_GATEWAY, 0, now, now + WHILE)
    small.clock.advance(301)
    quick = agenda.enter(Kind.ASK_GATEWAY, 0, bootstrap.now(), bootstrap.now() + WHILE)
    assert slow is not None
    assert quick is not None
    agenda.leave(slow)
    assert agenda.enter(Kind.ASK_GATEWAY, 0, bootstrap.now(), bootstrap.now() + WHILE) is None


def test_a_worker_leaves_nothing_behind(small: Product, waiting: Waiting) -> None:
    due(small, 2, 0)
    jobs.work('{"kind": "ask_gateway", "shard": 0}', Life())
    assert not [row for row in AgendaRow.scan() if row.partition.startswith("worker")]


def test_a_message_that_comes_twice_or_too_late_does_nothing_twice(small: Product, waiting: Waiting) -> None:
    topup = small.order("sub-bob", "100201").topup
    small.pay(topup, webhook="lost")
    small.clock.advance(90)
    for _ in range(2):
        for shard in (0, 1):
            jobs.work(json.dumps({"kind": "ask_gateway", "shard": shard}), Life())
    assert (small.status(topup), small.balance("100201")) == ("credited", 500_00)


def test_a_worker_that_cannot_write_does_not_hammer_the_store(small: Product, waiting: Waiting) -> None:
    due(small, 8, 0)
    with store_calls(lambda operation: operation == "UpdateItem") as seen:
        counts = jobs.work('{"kind": "ask_gateway", "shard": 0}', Life())
    assert counts == {"failed": BATCH}
    assert seen.count("Query") == 1


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "1", "null", '"ask_gateway"', "{}", '{"kind": "ask_gateway"}', '{"shard": 1}',
     '{"kind": "no_such_kind", "shard": 0}', '{"kind": "ask_gateway", "shard": 2}',
     '{"kind": "ask_gateway", "shard": -1}', '{"kind": "ask_gateway", "shard": true}',
     '{"kind": "ask_gateway", "shard": "0"}', '{"kind": ["ask_gateway"], "shard": 0}',
     '{"kind": "ask_gateway", "shard": 0, "more": "canary"}', "[" * 100_000],
)  # fmt: skip
def test_a_message_nobody_can_read_is_dropped_counted_and_not_repeated_in_the_log(small: Product, body: str) -> None:
    with logged() as lines:
        assert jobs.work(body, Life()) == {"dropped": 1}
    said, counted = lines()
    assert (said["level"], said["request_id"], said["length"]) == ("ERROR", "job-1", len(body))
    assert (counted["job"], counted["job_failures"]) == ("queue", 1)
    assert "canary" not in str(lines())


def test_the_map_gives_every_message_to_a_worker(small: Product, waiting: Waiting) -> None:
    import app

    due(small, 0, 2)
    app.work_agenda(record('{"kind": "ask_gateway", "shard": 1}'), Life())
    app.work_agenda(record("poison"), Life())
    assert still_due(1) == 0


def test_a_message_says_nothing_of_anybody(small: Product, waiting: Waiting) -> None:
    due(small, 5, 5)
    jobs.run(Kind.ASK_GATEWAY, Life())
    for asked in waiting.receive():
        assert set(asked) == {"kind", "shard"}
        assert asked["shard"] in {0, 1}


@pytest.mark.parametrize("kind", Kind)
def test_when_nothing_is_due_a_run_costs_one_query_a_part(small: Product, waiting: Waiting, kind: Kind) -> None:
    with store_calls() as seen:
        assert jobs.run(kind, Life()) == {}
    assert seen == ["Query", "Query"]


def test_a_run_tells_its_counts_and_how_late_the_oldest_row_was(small: Product) -> None:
    due(small, 1, 1)
    with logged() as lines:
        jobs.run(Kind.ASK_GATEWAY, Life())
    [said] = [line for line in lines() if line["message"] == "job"]
    assert (said["job"], said["request_id"], said["counts"]) == ("ask_gateway", "job-1", {"done": 2})
    [counted] = [line for line in lines() if "agenda_lag_seconds" in line]
    assert counted["agenda_lag_seconds"] == said["lag_seconds"] == 30
    assert counted["job_failures"] == 0


def test_an_idle_run_reports_no_lag_and_no_failures(small: Product) -> None:
    with logged() as lines:
        jobs.run(Kind.SETTLE_TOPUP, Life())
    [counted] = [line for line in lines() if "_aws" in line]
    assert (counted["job"], counted["agenda_lag_seconds"], counted["job_failures"]) == ("settle_topup", 0, 0)


def test_each_part_that_cannot_be_read_is_a_failure_of_its_own(small: Product) -> None:
    due(small, 1, 1)
    with logged() as lines, store_calls(lambda operation: operation == "Query"):
        assert jobs.run(Kind.ASK_GATEWAY, Life()) == {"shards_failed": 2}
    assert [line["job_failures"] for line in lines() if "job_failures" in line] == [2]
