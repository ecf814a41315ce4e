"""What a cold start pays for the store: one client, whatever is read and written first."""

from chalicelib.store.tables import Row, connection
from chalicelib.store.transaction import _connection
from tests.portal import client
from tests.product import Product


def test_every_model_and_every_transaction_speaks_through_one_connection(shop: Product) -> None:
    client().log_in("bob")
    models = [model for model in Row.__subclasses__() if hasattr(model, "Meta")]
    assert len(models) > 10
    assert {id(model._get_connection().connection) for model in models} == {id(connection())} == {id(_connection())}


def test_no_model_is_made_beside_the_shared_base() -> None:
    from pynamodb.models import Model

    ours = {model for model in Model.__subclasses__() if model.__module__.startswith("chalicelib")}
    assert ours == {Row}
