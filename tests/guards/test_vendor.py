"""The one vendored file is what the pinned packages make, byte for byte."""

import hashlib
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static_site" / "vendor"


def made() -> str:
    """The sha256 of a fresh build; without npm, the one written down when the file was made."""
    if shutil.which("npm") is None:
        return str(re.findall(r"^sha256\s+([0-9a-f]{64})$", (VENDOR / "README").read_text("utf-8"), re.MULTILINE)[0])
    script = str(ROOT / "tests" / "guards" / "rebuild_vendor.sh")
    done = subprocess.run(["sh", script], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_vendored_file_is_what_its_packages_make() -> None:
    kept = hashlib.sha256((VENDOR / "preact-htm.js").read_bytes()).hexdigest()
    assert kept == made()
    assert kept in (VENDOR / "README").read_text("utf-8")
