"""The tables of the local store, made from the models themselves so that nothing has to be kept in step."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

from pynamodb.models import Model

import chalicelib.billing.embedded
import chalicelib.store
from chalicelib.store.tables import Row

_PACKAGES = (chalicelib.store, chalicelib.billing.embedded)


def create_tables() -> None:
    """Create the tables that are missing. Idempotent; a table of several models is created once."""
    for model in sorted(_models(), key=lambda model: model.Meta.table_name):
        if not model.exists():
            model.create_table(wait=True)


def _models() -> list[type[Model]]:
    """One model per table: the first one met, which for a polymorphic table is its root."""
    for package in _PACKAGES:
        for module in pkgutil.iter_modules(package.__path__, package.__name__ + "."):
            import_module(module.name)
    by_table: dict[str, type[Model]] = {}
    for model in _descendants(Model):
        ours = any(model.__module__.startswith(package.__name__) for package in _PACKAGES)
        # the base of all of them has no table
        if ours and model is not Row:
            by_table.setdefault(model.Meta.table_name, model)
    return list(by_table.values())


def _descendants(cls: type[Model]) -> Iterator[type[Model]]:
    """Breadth first, so that a root comes before those that extend it."""
    for child in cls.__subclasses__():
        yield child
    for child in cls.__subclasses__():
        yield from _descendants(child)
