"""A subscriber replaces the password of the portal, and that of the network."""

import base64
import json
from functools import cache
from io import BytesIO
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from urllib3.response import HTTPResponse

from chalicelib import bootstrap
from chalicelib.billing.embedded import EmbeddedBilling
from chalicelib.billing.embedded.books import read
from chalicelib.cloud import keys
from chalicelib.cloud.keys import KmsKeys
from chalicelib.store.sessions import SessionStore
from chalicelib.store.subscribers import JournalRow
from tests.portal import PASSWORD, Browser, Got, client
from tests.product import Product
from tests.storm.flows.money import signed_in
from tests.storm.flows.sessions import two_browsers
from tests.storm.harness.flow import Flow

NEW = "another-long-password-2"


def change_password(shop: Product, browser: Browser) -> Got | None:
    """Whoever has changed it already finds the old one wrong: that is as good."""
    wish = {"current_password": PASSWORD, "new_password": NEW}
    got = browser.put("/api/subscriber/password", wish)
    return None if got.status == 403 else got


def changed_once(shop: Product, browser: Browser) -> None:
    """This session goes on and no other; the old password is worth nothing; it was told and journalled once."""
    [row] = SessionStore().list("sub-bob")
    assert browser.get("/api/session").json["signed_in"]
    assert [client().log_in("bob", password).status for password in (PASSWORD, NEW)] == [401, 200]
    assert [message["event"] for message in shop.messages()].count("password_changed") == 1
    assert [row.event for row in JournalRow.scan(JournalRow.event.exists())].count("password_changed") == 1


Flow("portal_password", two_browsers, change_password, change_password, changed_once, sparing=True)


KEY = "arn:aws:kms:eu-central-1:000000000000:key/portal"
CHOSEN = "Router-2026"


@cache
def kms() -> Any:
    """The product's own client, made once; what it seals can be read by anybody who knows how."""

    def answer(request: Any, **_: Any) -> AWSResponse:
        asked = json.loads(request.body)
        sealed = base64.b64encode(json.dumps([asked["Plaintext"], asked["EncryptionContext"]]).encode()).decode()
        body = BytesIO(json.dumps({"CiphertextBlob": sealed, "KeyId": KEY}).encode())
        raw: Any = HTTPResponse(body, status=200, preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders(), raw)

    client = KmsKeys(KEY)._client
    client.meta.events.register("before-send.kms", answer)
    return client


def stepped_up(shop: Product) -> Browser:
    browser = signed_in(shop)
    browser.post("/api/session/step-up", {"password": PASSWORD})
    sealing = KmsKeys(KEY)
    vars(sealing)["_client"] = kms()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "load", lambda *settings: sealing)
        assert embedded_of(bootstrap.billing()).keys is sealing
    return browser


def embedded_of(billing: Any) -> EmbeddedBilling:
    """Behind the sandbox's faults."""
    found = getattr(billing, "_billing", billing)
    assert isinstance(found, EmbeddedBilling)
    return found


def set_password(shop: Product, browser: Browser) -> Got:
    return browser.put("/api/accounts/100201/services/internet/password", {"new_password": CHOSEN})


def sealed_in_place(shop: Product, browser: Browser) -> None:
    """The chosen one is sealed for this service alone; each try was journalled, and told once it had changed."""
    [internet] = [line for line in read("100201")[2].lines if line.service == "internet"]
    assert internet.password is not None
    plain, belongs = json.loads(base64.b64decode(internet.password.removeprefix("kms:")))
    assert base64.b64decode(plain).decode() == CHOSEN
    assert belongs == {"subscriber": "sub-bob", "account": "100201", "service": "internet"}
    told = [message["event"] for message in shop.messages()].count("internet_password_changed")
    journalled = [row.event for row in JournalRow.scan(JournalRow.event.exists())].count("internet_password_set")
    assert 1 <= told <= journalled <= 3


_SETTINGS: dict[str, object] = {"kms_key": KEY}
Flow("internet_password", stepped_up, set_password, set_password, sealed_in_place, _SETTINGS, sparing=True, anew=True)
