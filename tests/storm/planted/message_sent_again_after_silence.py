"""A message whose answer was lost is sent again without asking the company whether it has it."""

from chalicelib.services.messages import Messages
from tests.storm.planted._planting import rewrite

CAUGHT_BY = "tests/services/test_settlement.py::test_a_message_whose_answer_was_lost_is_asked_for_and_not_sent_twice"
SHOWS = "['send', 'send'] == ['send', 'was_sent']"


def plant() -> None:
    rewrite(Messages._channel, {'if before.startswith("sending"):': "if False:"})
