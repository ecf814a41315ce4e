"""``python -m ops package``: the Lambda package and its template, in build/package. No AWS account needed."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ops.deployment import archive
from ops.deployment.template import Template, pin

ROOT = Path(__file__).resolve().parent.parent
STAGES = ("dev", "prod")


@dataclass(frozen=True)
class Package:
    code: Path
    template: Path

    def read(self) -> Template:
        found: Template = json.loads(self.template.read_text())
        return found


def register(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = subparsers.add_parser("package", help="the Lambda package and its template")
    parser.add_argument("--stage", choices=STAGES, default="dev")
    parser.add_argument("--into", type=Path, default=ROOT / "build" / "package")
    parser.set_defaults(run=_run)


def build(stage: str, into: Path) -> Package:
    """Two builds of the same sources are equal byte for byte, wherever and whenever they are made."""
    into.mkdir(parents=True, exist_ok=True)
    package = Package(into / "deployment.zip", into / "sam.json")
    with tempfile.TemporaryDirectory() as scratch:
        made = Path(scratch) / "chalice"
        _chalice(stage, made)
        archive.repack(made / "deployment.zip", Path(scratch) / "tree", package.code)
        template = pin(json.loads((made / "sam.json").read_text()), stage)
    package.template.write_text(json.dumps(template, ensure_ascii=False, indent=1, sort_keys=True) + "\n")
    return package


def _chalice(stage: str, into: Path) -> None:
    """Chalice wants a region although nothing of one gets into what it makes."""
    command = [sys.executable, "-c", "from chalice.cli import main; main()", "package", "--stage", stage]
    done = subprocess.run(  # noqa: S603 - nothing in it comes from outside
        [*command, "--merge-template", str(ROOT / ".chalice" / "resources.json"), str(into)],
        cwd=ROOT,
        env={**os.environ, "AWS_DEFAULT_REGION": "us-east-1", "CHALICE_CLI_VERSION_WARNING": "0"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"chalice package: {done.stdout}{done.stderr}")


def _run(arguments: argparse.Namespace) -> int:
    package = build(arguments.stage, arguments.into)
    for file in (package.code, package.template):
        print(f"{file.stat().st_size:>10} bytes  {file}")
    return 0
