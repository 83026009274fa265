"""Build the sdist, a wheel from it, install that elsewhere and start it there: what users get, not what lies here."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def run(*words: str, cwd: Path = ROOT) -> str:
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done.stdout


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        run(sys.executable, "-m", "build", "--outdir", str(place / "dist"), ".")
        (wheel,) = (place / "dist").glob("*.whl")
        names = zipfile.ZipFile(wheel).namelist()
        wanted = {
            str(p.relative_to(ROOT))
            for p in ROOT.glob("templates/**/*")
            if p.is_file() and "__pycache__" not in p.parts
        }
        missing = {n for n in wanted if f"geos/{n}" not in names}
        stray = [n for n in names if not n.startswith(("geos/", "geos-"))]
        if missing or stray:
            sys.exit(f"the wheel lacks {sorted(missing)[:5]} or holds {stray[:5]}")
        venv.create(place / "env", with_pip=True)
        python = place / "env/bin/python"
        run(str(python), "-m", "pip", "install", "--quiet", str(wheel))
        size_mb, on_disk_mb = installed_mb(place / "env")
        geos = str(place / "env/bin/geos-setup")
        version = run(geos, "--version", cwd=place).strip()
        run(geos, "--help", cwd=place)
        run(geos, "explain", "GEOS-Q001", cwd=place)
        run(geos, "config", "show", cwd=place)
        print(
            f"{version} from {wheel.name}: installed and started; {size_mb:.0f} MB beyond the interpreter and pip "
            f"({on_disk_mb:.0f} MB in blocks of this disk)"
        )
        if size_mb >= 100:
            sys.exit("that is over 100 MB")


def installed_mb(env: Path) -> tuple[float, float]:
    """Everything in site-packages but pip and setuptools, compiled modules included.

    First the bytes of the files, which the bar is for; then what they take on this disk, which rounds each file up to
    whole blocks (what `du` counts, without its folders).
    """
    (site,) = env.glob("lib/python*/site-packages")
    files = [
        p.stat()
        for p in site.rglob("*")
        if p.is_file() and not p.relative_to(site).parts[0].startswith(("pip", "setuptools"))
    ]
    return sum(found.st_size for found in files) / 1e6, sum(found.st_blocks * 512 for found in files) / 1e6


if __name__ == "__main__":
    main()
