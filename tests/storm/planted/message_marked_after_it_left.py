"""A message's mark is written after it left, not before: a worker killed in between leaves no trace of it."""

from chalicelib.services.messages import Messages
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_payment_faults.py::test_a_worker_killed_after_the_message_left_does_not_send_it_again"
SHOWS = "['send', 'send'] == ['send', 'was_sent']"


def plant() -> None:
    mark = 'self.store.record(message, {channel: f"sending:{self.agenda.token()}"}, self.now())'
    rewrite(Messages._channel, {mark: "True"})
