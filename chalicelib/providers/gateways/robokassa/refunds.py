"""Refunds at Robokassa (docs.robokassa.ru: refund-api): a JWT by password 3, later asked about by its own number."""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from chalicelib.errors import OutcomeUnknown, UpstreamBroken
from chalicelib.money import to_rubles
from chalicelib.providers import gateways as port
from chalicelib.providers.gateways.robokassa.settings import Settings
from chalicelib.upstream import Answer

_HEADER = b'{"typ":"JWT","alg":"HS256"}'
HEADERS: Mapping[str, str] = {"Content-Type": "application/jwt"}
#: label of GetState
LABELS: Mapping[str, port.RefundStatus] = {
    "finished": port.RefundStatus.DONE,
    "processing": port.RefundStatus.ACCEPTED,
    "canceled": port.RefundStatus.REFUSED,
}
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_ ]{0,59}", re.ASCII)
_REQUEST = re.compile(r"[0-9A-Za-z-]{8,64}", re.ASCII)


def token(refund: port.Refund, settings: Settings, password: str) -> str:
    """Compact JSON; sums are written as digits, for a float would not be money. Without a sum it is the whole."""
    sum_ = to_rubles(refund.amount_kopecks)
    item = {"Name": f"Возврат пополнения лицевого счёта {refund.account}"[:128], "Quantity": 1}
    item |= {"Tax": settings.tax, "PaymentMethod": settings.payment_method, "PaymentObject": settings.payment_object}
    line = json.dumps(item, ensure_ascii=False, separators=(",", ":"))
    part = "" if refund.full else f'"RefundSum":{sum_},'
    payload = f'{{"OpKey":{json.dumps(refund.reference)},{part}"InvoiceItems":[{line[:-1]},"Cost":{sum_}}}]}}'
    signed = f"{_encoded(_HEADER)}.{_encoded(payload.encode())}"
    return f"{signed}.{_encoded(hmac.new(password.encode(), signed.encode(), hashlib.sha256).digest())}"


def created(answer: Answer) -> port.RefundAnswer:
    """:raises OutcomeUnknown: an answer that is not theirs: whether it was done, nobody knows."""
    body = _object(answer)
    request, word = body.get("requestId"), body.get("message")
    if body.get("success") is True and isinstance(request, str) and _REQUEST.fullmatch(request):
        return port.RefundAnswer(status=port.RefundStatus.ACCEPTED, request=request)
    if body.get("success") is False and answer.status < 400:
        code = word if isinstance(word, str) and _WORD.fullmatch(word) else "refused"
        return port.RefundAnswer(status=port.RefundStatus.REFUSED, code=code)
    raise OutcomeUnknown(f"robokassa refund answered {answer.status} and nothing that we understand")


def state(answer: Answer, request: str | None) -> port.RefundAnswer:
    """:raises UpstreamBroken: an answer about another one, or none of theirs."""
    body = _object(answer)
    label = body.get("label")
    if body.get("requestId") != request or not isinstance(label, str) or label not in LABELS:
        raise UpstreamBroken(f"robokassa get_refund answered {answer.status} and nothing that we understand")
    status = LABELS[label]
    return port.RefundAnswer(
        status=status, request=request, code=label if status is port.RefundStatus.REFUSED else None
    )


def _object(answer: Answer) -> Mapping[str, Any]:
    try:
        body = json.loads(answer.text)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).rstrip(b"=").decode()
