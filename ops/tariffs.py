"""``python -m ops tariffs``: the catalogue that subscribers choose from, as one JSON file, replaced as a whole."""

import argparse
import json
from pathlib import Path

from pydantic import ValidationError

from chalicelib.billing.embedded import catalogue
from chalicelib.billing.embedded.catalogue import Catalogue
from chalicelib.errors import InvalidRequest, UpstreamError
from chalicelib.money import to_rubles
from ops.accounts import refused


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("tariffs", help="the tariff catalogue of the embedded billing")
    actions = parser.add_subparsers(metavar="import | export | list", required=True)
    file = actions.add_parser("import", help="put this file's catalogue in place of the present one")
    file.add_argument("file", type=Path)
    file.add_argument("--check", action="store_true", help="only say what would change")
    file.set_defaults(run=_import)
    actions.add_parser("export", help="the catalogue as such a file").set_defaults(run=_export)
    actions.add_parser("list", help="the catalogue for reading").set_defaults(run=_list)


def _import(arguments: argparse.Namespace) -> int:
    """The whole file is looked at first. Exit code 1: it is refused, and the present catalogue stays."""
    try:
        text = arguments.file.read_text("utf-8-sig")
        new = Catalogue.model_validate_json(json.dumps(json.loads(text, object_pairs_hook=_no_doubles)), strict=True)
    except (OSError, UnicodeDecodeError) as error:
        return refused(f"{arguments.file}: cannot be read: {getattr(error, 'strerror', None) or 'not UTF-8'}")
    except ValidationError as error:
        return refused("\n".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()))
    except ValueError as error:
        return refused(f"{arguments.file}: {error}")
    if not new.tariffs:
        return refused("a catalogue without tariffs would offer nothing to anybody")
    for line in _changes(catalogue.load(), new):
        print(line)
    if arguments.check:
        return 0
    try:
        catalogue.replace(new.tariffs, new.groups)
    except InvalidRequest as error:
        return refused(f"refused: {error}")
    except UpstreamError as error:
        return refused(f"the store did not answer ({error}): run it again")
    print(f"{len(new.tariffs)} tariffs in place; accounts keep the terms they have")
    return 0


def _no_doubles(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Of a member given twice the last would silently win."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is given twice")
    return found


def _changes(old: Catalogue, new: Catalogue) -> list[str]:
    before = {tariff.id: tariff for tariff in old.tariffs}
    after = {tariff.id: tariff for tariff in new.tariffs}
    return [
        *(f"+ {id}" for id in after if id not in before),
        *(f"~ {id}" for id in after if id in before and after[id] != before[id]),
        *(f"- {id}" for id in before if id not in after),
    ]


def _export(arguments: argparse.Namespace) -> int:
    print(catalogue.load().model_dump_json(indent=2))
    return 0


def _list(arguments: argparse.Namespace) -> int:
    for tariff in catalogue.load().tariffs:
        speed = f"{tariff.speed_mbps} Mbit/s" if tariff.speed_mbps else ""
        shelf = "" if tariff.offered else "not offered"
        row = (tariff.id, tariff.kind, tariff.group, to_rubles(tariff.fee_kopecks), speed, tariff.title, shelf)
        print("\t".join(row))
    return 0
