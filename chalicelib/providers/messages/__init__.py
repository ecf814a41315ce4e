"""The message port: one short service message to one address."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from typing import Any, Protocol

from chalicelib.models import Value
from chalicelib.upstream import Outgoing


class Text(Value):
    """``subject`` is for channels that have one; ``body`` stands alone."""

    subject: str
    body: str


class MessageSender(Protocol):
    channel: str

    def send(self, to: str, kind: str, text: Text, id: str) -> None:
        """Hand one message over; ``id`` names it for the company and for our log.

        :raises Rejected: the company refuses this address or text for good.
        :raises UpstreamUnavailable: certainly not sent. :raises OutcomeUnknown: it may have been sent.
        """

    def was_sent(self, to: str, id: str) -> bool | None:
        """Whether the company has this message; None where it cannot tell. :raises UpstreamError: ask again."""


#: name -> "module:class"; every class has ``from_environment(environ, http)``.
ADAPTERS: Mapping[str, str] = {
    "ses": "chalicelib.providers.messages.email:SesEmail",
    "smsc": "chalicelib.providers.messages.sms:SmscSms",
}


def load(name: str, environ: Mapping[str, str], http: Outgoing) -> MessageSender:
    module, _, cls = ADAPTERS[name].partition(":")
    adapter: Any = getattr(import_module(module), cls)
    sender: MessageSender = adapter.from_environment(environ, http)
    return sender


def load_all(names: Iterable[str | None], environ: Mapping[str, str]) -> dict[str, MessageSender]:
    """Channel -> sender, of those that are chosen."""
    senders = [load(name, environ, Outgoing(name)) for name in names if name]
    return {sender.channel: sender for sender in senders}
