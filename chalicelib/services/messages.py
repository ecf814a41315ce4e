"""Service messages: what is said about an event, to whom, and once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, Protocol

from chalicelib.clock import Clock
from chalicelib.errors import OutcomeUnknown, Rejected, UpstreamError
from chalicelib.providers.messages import MessageSender
from chalicelib.services import wording
from chalicelib.store.agenda import Agenda, AgendaRow
from chalicelib.store.cases import CaseKind, CaseStore
from chalicelib.store.messages import MessageRow, MessageStore

LONGEST_WAIT = timedelta(hours=1)
#: After this long nobody wants to read it any more.
TOO_OLD = timedelta(hours=24)
#: Outcomes of a channel that nothing will change any more.
FINAL = {"sent", "refused", "unknown"}


class Contacts(Protocol):
    def confirmed(self, subscriber_id: str) -> Mapping[str, str]:
        """Channel -> address, confirmed ones only."""


@dataclass(frozen=True)
class Messages:
    store: MessageStore
    agenda: Agenda
    senders: Mapping[str, MessageSender]
    contacts: Contacts
    cases: CaseStore
    now: Clock

    def deliver(self, item: AgendaRow) -> None:
        """Send what is left of one message, each channel at most once; a channel that is down waits.

        A try leaves its mark before the call. A mark found later means that nobody knows: then the
        company is asked, and where it cannot tell, the message is not sent a second time.
        """
        message = self.store.get(item.ref)
        if message is None or message.agenda_key != item.key:
            return self.agenda.drop(item)
        if self.now() - (message.retried_at or message.created_at) > TOO_OLD:
            return self._give_up(message)
        addresses = self.contacts.confirmed(message.subscriber_id)
        wanted = [channel for channel in self.senders if channel in addresses]
        waiting = False
        for channel in wanted:
            done = self._channel(message, channel, addresses[channel])
            if done is None:
                return None
            waiting = waiting or not done
        if waiting:
            wait = min(timedelta(minutes=2 ** min(message.tries, 6)), LONGEST_WAIT)
            self.store.postpone(message, self.now() + wait)
        else:
            self.store.settle(message)

    def _give_up(self, message: MessageRow) -> None:
        """A day late it would only confuse; a person sees that it was not sent."""
        facts = {"outcomes": dict(message.outcomes), "account": message.facts.get("account")}
        self.cases.open(CaseKind.UNDELIVERED, message.message_id, self.now(), facts)
        self.store.settle(message)

    def _channel(self, message: MessageRow, channel: str, address: str) -> bool | None:
        """Whether nothing is left to do for one channel; None if another worker is busy with the message."""
        before = message.outcomes.get(channel, "")
        if before in FINAL:
            return True
        sender = self.senders[channel]
        name = f"{message.message_id}:{channel}"
        if before.startswith("sending"):
            found = self._ask(sender, address, name)
            if found == "later":
                return False
            if found != "again":
                return self.store.record(message, {channel: found}, self.now()) or None
        text = wording.compose(message.event, message.facts, message.language)
        if not self.store.record(message, {channel: f"sending:{self.agenda.token()}"}, self.now()):
            return None
        try:
            sender.send(address, message.event, text, name)
            outcome = "sent"
        except Rejected:
            outcome = "refused"
        except OutcomeUnknown:
            return False
        except UpstreamError:
            # certainly not sent: the mark goes, so that the next try need not ask
            return False if self.store.record(message, {channel: "waiting"}, self.now()) else None
        return self.store.record(message, {channel: outcome}, self.now()) or None

    def _ask(self, sender: MessageSender, address: str, name: str) -> Literal["sent", "unknown", "later", "again"]:
        try:
            found = sender.was_sent(address, name)
        except UpstreamError:
            return "later"
        if found is None:
            return "unknown"
        return "sent" if found else "again"
