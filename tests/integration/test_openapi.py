"""The OpenAPI document tells the truth: it is valid, whole, and no generated request finds it lying."""

import json
from datetime import timedelta
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, settings
from openapi_spec_validator import OpenAPIV31SpecValidator
from requests.structures import CaseInsensitiveDict
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from urllib3.response import HTTPResponse

from chalicelib import bootstrap
from chalicelib.handlers import openapi
from chalicelib.handlers.meta import all_routes
from local.store.engine import Engine
from tests.portal import ORIGIN, Browser, Got, client
from tests.product import Product, digest

DOCUMENT: dict[str, Any] = json.loads(json.dumps(openapi.document(all_routes(), "test")))
schema = schemathesis.openapi.from_dict(DOCUMENT)

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    not_a_server_error,
]
#: A wrong password is counted: that is a change on purpose.
GUESSES = {
    ("/api/session", 401), ("/api/session/step-up", 403), ("/api/session/step-up", 429), ("/api/session", 429),
    ("/api/subscriber/password", 403), ("/api/subscriber/password", 429),
}  # fmt: skip


def test_the_document_is_valid_openapi_31() -> None:
    OpenAPIV31SpecValidator(DOCUMENT).validate()


def test_the_document_is_served_as_it_is_made(shop: Product) -> None:
    got = client().get("/api/openapi.json")
    assert got.status == 200
    assert got.json["paths"] == openapi.document(all_routes(), bootstrap.settings().version)["paths"]


def test_every_route_has_an_operation_of_its_own_name() -> None:
    names = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(names) == len(set(names)) == len(all_routes())


@pytest.fixture
def signed_in(shop: Product) -> Browser:
    browser = client()
    assert browser.log_in("bob").status == 200
    shop.order("sub-bob", "100201", id="9b2d5a7e-0c11-4c7b-8f0e-3d6a1b2c4e5f")
    return browser


@schema.parametrize()
@settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
def test_no_request_finds_an_undeclared_answer(
    case: schemathesis.Case[Any], signed_in: Browser, engine: Engine
) -> None:
    """No 5xx, no status and no body that the document does not declare; what is refused changes nothing."""
    browser = Browser(cookies=dict(signed_in.cookies))
    before = digest(engine)
    path = case.formatted_path
    query = urlencode(case.query or {}, doseq=True)
    got = browser.call(case.method, path + ("?" + query if query else ""), _body(case), {"Origin": ORIGIN})
    if case.method.lower() in DOCUMENT["paths"][case.path] and (got.status != 404 or "{" not in case.path):
        case.validate_response(_as_requests(case, got), checks=CHECKS)
    assert got.status < 500
    if got.status >= 400 and got.body:
        assert set(got.json) <= {"code", "message", "fields", "available_from", "fix", "numbers"}
        assert digest(engine) == before or (case.path, got.status) in GUESSES


def _as_requests(case: schemathesis.Case[Any], got: Got) -> requests.Response:
    made = requests.Response()
    made.status_code, made._content = got.status, got.body
    made.headers = CaseInsensitiveDict(got.headers)
    made.raw = HTTPResponse(BytesIO(got.body), headers=dict(got.headers), status=got.status, preload_content=False)
    made.request = requests.Request(case.method, ORIGIN + case.formatted_path).prepare()
    made.elapsed = timedelta(seconds=0)
    return made


def _body(case: schemathesis.Case[Any]) -> Any:
    return None if isinstance(case.body, schemathesis.core.NotSet) else case.body
