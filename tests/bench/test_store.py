"""Every route can be measured, and the two costs that are promised are kept."""

from collections.abc import Iterator

import pytest

from tests.bench import store
from tests.bench.report import Table
from tests.bench.shop import measured


@pytest.fixture(scope="module")
def tables() -> Iterator[dict[str, Table]]:
    with measured() as (engine, shop):
        yield {table.name: table for table in (store.routes(engine, shop), store.flows(engine, shop))}


def requests(table: Table) -> dict[object, object]:
    return {row[0]: row[1] for row in table.rows}


def test_an_account_is_at_most_three_requests(tables: dict[str, Table]) -> None:
    assert requests(tables["store-routes"])["`GET /api/accounts/{account}`"] in {1, 2, 3}


def test_a_stranger_costs_the_store_nothing(tables: dict[str, Table]) -> None:
    found = requests(tables["store-flows"])
    assert found["webhook with a foreign signature"] == found["a cookie that cannot be ours"] == 0


def test_every_route_of_the_portal_has_its_row(tables: dict[str, Table]) -> None:
    from chalicelib.handlers.meta import all_routes

    assert [*requests(tables["store-routes"])] == [f"`{route.method} {route.path}`" for route in all_routes()]
