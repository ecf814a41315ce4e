"""npm packages that only tests use, in exact versions, kept out of the repository in ``.tools/``."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".tools"
AXE = "axe-core@4.14.1"


def installed(package: str) -> Path:
    """The folder of ``name@version``, fetched by npm on first use. Versions live side by side.

    :raises RuntimeError: it is not there and npm is missing or fails.
    """
    name = package.rpartition("@")[0]
    prefix = TOOLS / package
    found = prefix / "node_modules" / name
    if (found / "package.json").is_file():
        return found
    npm = shutil.which("npm")
    if npm is None:
        raise RuntimeError(f"{package} is needed: install Node.js with npm, or put the package into {found}")
    prefix.mkdir(parents=True, exist_ok=True)
    command = [npm, "install", "--prefix", str(prefix), "--ignore-scripts", "--no-audit", "--no-fund", "--no-save"]
    done = subprocess.run([*command, package], capture_output=True, text=True, timeout=180)
    if done.returncode:
        raise RuntimeError(f"npm could not install {package}: {done.stderr[-2000:]}")
    return found


def axe_source() -> str:
    """The text of axe-core, to be evaluated in a page: our policy lets no foreign script in."""
    return (installed(AXE) / "axe.min.js").read_text("utf-8")
