"""A message on its way out, by SMS and by e-mail."""

from functools import cache
from typing import Any

import pytest

from chalicelib import bootstrap
from chalicelib.providers.messages import email
from chalicelib.store.messages import MessageRow
from chalicelib.store.subscribers import Profile, confirmed
from local.sandbox.wire import botocore_hook
from tests.product import START, Product
from tests.storm.flows.money import notify, paid_unheard
from tests.storm.harness.flow import Flow
from tests.storm.harness.schedules import fire


def credited_unsaid(shop: Product) -> None:
    notify(shop, paid_unheard(shop))


def deliver(shop: Product, _: None) -> None:
    shop.clock.advance(61)
    fire("deliver_messages")


def told_once(shop: Product, _: None) -> None:
    assert [message["channel"] for message in shop.messages()] == ["sms"]


Flow("message_by_sms", credited_unsaid, deliver, deliver, told_once)


#: The product whose sandbox gets the letters.
_now: list[Product] = []
_make = email._client


@cache
def ses(settings: email.Settings) -> Any:
    """The product's own client, made once: making one costs more than a whole case."""
    client = _make(settings)
    client.meta.events.register("before-send.sesv2", lambda **event: botocore_hook(_now[0].sandbox.handle)(**event))
    return client


def perhaps_said(shop: Product) -> None:
    """The company took it and its answer was lost: it is asked before anything is sent again."""
    credited_unsaid(shop)
    shop.fault("sms", "send", "timeout_after")
    deliver(shop, None)
    shop.clock.advance(3600)


Flow("message_perhaps_sent", perhaps_said, deliver, deliver, told_once)


def with_mailbox(shop: Product) -> None:
    """Bob has confirmed an e-mail address and no telephone; the letters go to the sandbox."""
    _now[:] = [shop]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(email, "_client", ses)
        bootstrap.senders()
    contacts = [confirmed("email", "bob@example.ru", START)]
    Profile("sub-bob", "profile").update([Profile.contacts.set(contacts)])
    credited_unsaid(shop)


def never_twice(shop: Product, _: None) -> None:
    """SES cannot be asked what became of a letter: where nobody knows, it is not sent again."""
    [row] = MessageRow.scan()
    assert row.outcomes["email"] in {"sent", "unknown"}
    assert len(shop.messages()) <= 1


Flow("message_by_email", with_mailbox, deliver, deliver, never_twice, {"email": "ses", "sms": ""}, anew=True)
