"""``python -m pytest tests/storm/list_calls.py``: rewrites coverage.json from unbroken runs; read the diff."""

import json
from pathlib import Path

import pytest

from tests.product import Product
from tests.storm.harness import Breaker
from tests.storm.test_crash import FLOWS

FILE = Path(__file__).with_name("coverage.json")


@pytest.mark.parametrize("name", FLOWS)
def test_list(shop: Product, name: str) -> None:
    seen = Breaker()
    FLOWS[name](shop, seen)
    FILE.write_text(json.dumps(json.loads(FILE.read_text()) | {name: seen.calls}, indent=1) + "\n")
    assert seen.calls
