"""The README tells the truth where it can be compared with the code."""

import re
from pathlib import Path

from chalicelib.providers.gateways import ADAPTERS
from ops.settings import table

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text()


def test_the_settings_table_is_the_one_the_code_prints() -> None:
    assert table() in README


def test_every_gateway_has_its_row() -> None:
    assert all(f"| `{name}` |" in README for name in ADAPTERS)


def test_every_file_it_links_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target


def test_the_two_commands_are_in_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text()
    for command in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert f"\n{command}:" in makefile
