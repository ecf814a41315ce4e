"""A signature is judged by the constant-time comparison and by nothing else, for every gateway."""

import hmac

import pytest

from chalicelib.errors import SignatureInvalid
from tests.contract.gateways.suite import GatewayCase, build
from tests.contract.gateways.test_gateways import each_case


@each_case
def test_a_good_signature_is_worth_what_the_constant_time_comparison_says(
    case: GatewayCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``==`` stops at the first wrong character and so tells by its time how much of a guess was right."""
    asked: list[tuple[int, int]] = []

    def never(given: bytes, expected: bytes) -> bool:
        asked.append((len(given), len(expected)))
        return False

    monkeypatch.setattr(hmac, "compare_digest", never)
    with pytest.raises(SignatureInvalid):
        build(case).parse_webhook(case.paid)
    # whole signatures: of a shortened one less would have to be guessed
    [(given, expected)] = asked
    assert given == expected == case.signature_characters


@each_case
def test_the_first_wrong_character_is_found_like_the_last(case: GatewayCase, monkeypatch: pytest.MonkeyPatch) -> None:
    """No earlier look at the signature sorts some of them out: every forgery reaches the comparison."""
    compared: list[bytes] = []
    genuine = hmac.compare_digest
    monkeypatch.setattr(hmac, "compare_digest", lambda a, b: compared.append(a) or genuine(a, b))  # type: ignore[func-returns-value]
    for title in case.forged:
        compared.clear()
        with pytest.raises(SignatureInvalid):
            build(case).parse_webhook(case.forged[title])
        assert len(compared) == 1, title
