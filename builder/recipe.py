"""What an engine needs to build one architecture's image: Dockerfile, build arguments, labels, context, expectations.

Pure: a request becomes text and values. The image is built twice over the same layers: first up to the stage that
holds the finished model (`INVENTORY_STAGE`), whose inventory tells every commit, compiler and flag; then, from the
engine's cache, the whole with these as labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from geos.builder.base import BaseImage, shipped_base
from geos.builder.matrix import tune_flag
from geos.builder.request import GCCLASSIC, GCHP, Request

DOCKERFILE = "Dockerfile"
TEMPLATE = "Dockerfile.j2"
INVENTORY_STAGE, INVENTORY = "model", "/opt/geos-chem/inventory"
"""`docker build --target` this, then read that file in it: lines of name=value."""
PLATFORMS = {"arm64": "linux/arm64", "x86_64": "linux/amd64"}

_LEFT_OUT = (TEMPLATE, "README.md", "matrix.csv", "base.pin", "__pycache__")
_SOURCES = {
    GCCLASSIC: "https://github.com/geoschem/GCClassic",
    GCHP: "https://github.com/geoschem/GCHP",
}
COMMITS = {
    (GCCLASSIC, "14.7.0"): "cfba4e99a703e2e911024630a0d7b1e160856748",
    (GCCLASSIC, "14.7.1"): "c36ecd760c6663a62769f05a7449c927b8faf54b",
    (GCHP, "14.7.0"): "3216f281670dc124f2649dedfa60293eba38a8de",
    (GCHP, "14.7.1"): "503642dfe2b02c219e69fed52e027faea1a0063d",
}
"""What the releases' tags pointed at on 2026-11-25. A commit names its submodules' commits, so that one hash fixes the
whole source; a tag that was moved since is refused. Of other releases the commit is only recorded."""


@dataclass(frozen=True)
class Figure:
    """An expectation, with where it comes from."""

    what: str
    low: float
    high: float
    unit: str
    kind: str
    """measured, quoted or estimate."""
    source: str
    date: str


@dataclass(frozen=True)
class Recipe:
    """One architecture's image."""

    architecture: str
    platform: str
    base: BaseImage
    models: tuple[str, ...]
    arguments: tuple[tuple[str, str], ...]
    """For --build-arg, in the Dockerfile's order."""
    labels: tuple[tuple[str, str], ...]
    """Those that are known before the build."""
    figures: tuple[Figure, ...]

    @property
    def dockerfile(self) -> str:
        """The text of the Dockerfile; what varies beyond the models comes in as build arguments."""
        return render(self.models)

    @property
    def seconds(self) -> tuple[float, float]:
        """How long the build takes, at least and at most: the sum of its parts."""
        parts = [f for f in self.figures if f.unit == "s"]
        return sum(f.low for f in parts), sum(f.high for f in parts)

    @property
    def disk_gb(self) -> float:
        """What the host's disk must have free."""
        return max((f.high for f in self.figures if f.what == "disk while building"), default=0.0)


def recipe(request: Request, architecture: str, base: BaseImage | None = None) -> Recipe:
    """For a request that the matrix has let pass. `base`: tests and the sandbox bring their own."""
    base = base or shipped_base()
    arguments = (
        ("BASE", base.reference),
        ("ARCHITECTURE", architecture),
        ("MODELS", " ".join(request.models)),
        ("VERSION", request.version),
        ("COMPILER", request.compiler),
        ("MPI", request.mpi if GCHP in request.models else "none"),
        ("TUNE_FLAG", tune_flag(request, architecture)),
        *((f"COMMIT_{model.upper()}", COMMITS.get((model, request.version), "")) for model in request.models),
    )
    return Recipe(
        architecture=architecture,
        platform=PLATFORMS[architecture],
        base=base,
        models=request.models,
        arguments=arguments,
        labels=_known_labels(request, architecture, base),
        figures=tuple(_figures(request)),
    )


def shipped() -> bool:
    """Whether this copy of geos has the recipe for GEOS-Chem's own images."""
    from importlib.resources import files

    return files("geos.builder").joinpath("image", TEMPLATE).is_file()


def render(models: tuple[str, ...]) -> str:
    from importlib.resources import files

    from jinja2 import Environment, StrictUndefined

    # What is rendered is a Dockerfile from our own words, not a web page.
    environment = Environment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, autoescape=False)  # noqa: S701
    template = files("geos.builder").joinpath("image", TEMPLATE).read_text(encoding="utf-8")
    return environment.from_string(template, globals={}).render(models=models, gchp=GCHP in models).rstrip() + "\n"


def context_files(made: Recipe) -> dict[str, bytes]:
    """Path in the build context -> content: the Dockerfile and everything that it copies."""
    from importlib.resources import files
    from importlib.resources.abc import Traversable

    found: dict[str, bytes] = {}

    def collect(folder: Traversable, below: str) -> None:
        for entry in folder.iterdir():
            if entry.name in _LEFT_OUT:
                continue
            if entry.is_dir():
                collect(entry, f"{below}{entry.name}/")
            else:
                found[below + entry.name] = entry.read_bytes()

    collect(files("geos.builder").joinpath("image"), "")
    return {DOCKERFILE: made.dockerfile.encode(), **dict(sorted(found.items()))}


def inventory(text: str) -> dict[str, str]:
    """The lines of the built image's inventory."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)


def labels(made: Recipe, found: Mapping[str, str], facts: Mapping[str, str]) -> dict[str, str]:
    """All labels: what was known, what the inventory tells, and what was learnt on the host (builder CPU, AMI)."""
    told = {f"geos.{name}": value for name, value in sorted({**found, **facts}.items()) if value}
    return {**dict(made.labels), **told}


# --- inside ----------------------------------------------------------------------------------


def _known_labels(request: Request, architecture: str, base: BaseImage) -> tuple[tuple[str, str], ...]:
    models = " and ".join({GCCLASSIC: "GEOS-Chem Classic", GCHP: "GCHP"}[m] for m in request.models)
    return (
        ("org.opencontainers.image.title", f"{models} {request.version} for {architecture}"),
        ("org.opencontainers.image.version", request.version),
        ("org.opencontainers.image.source", " ".join(_SOURCES[m] for m in request.models)),
        ("org.opencontainers.image.base.name", base.image),
        *((("org.opencontainers.image.base.digest", base.digest),) if base.digest else ()),
        ("geos.architecture", architecture),
        ("geos.models", " ".join(request.models)),
        ("geos.compiler-wish", request.compiler),
        ("geos.mpi", request.mpi if GCHP in request.models else "none"),
        ("geos.tune", request.tune),
    )


def _figures(request: Request) -> list[Figure]:
    """Per stage, on the smallest host that geos-build takes for the model."""
    found = [
        Figure("packages", 90, 240, "s", "quoted", "a public image on Rocky 9, 8 vCPUs: about 2 minutes", "2025-08"),
        Figure("image size", 0.5, 1.5, "GB", "quoted", "the same image: 525 MB without a model", "2025-08"),
        Figure("disk while building", 5, 15, "GB", "estimate", "packages, sources and build folders", "2026-11"),
    ]
    if GCCLASSIC in request.models:
        where = "143 s for 14.7.0 on 2 EPYC vCPUs with gfortran 12.2; hardly parallel"
        found.append(Figure("GEOS-Chem Classic", 100, 300, "s", "measured", where, "2026-08"))
    if GCHP in request.models:
        found += [
            Figure("ESMF", 600, 2400, "s", "estimate", "nobody has published a figure", "2026-11"),
            Figure("GCHP", 900, 2400, "s", "quoted", "about 20 minutes, GCHP documentation", "2026-04"),
            Figure("disk while building", 15, 40, "GB", "estimate", "ESMF and GCHP's build folders", "2026-11"),
        ]
        if request.mpi == "intelmpi":
            where = "HDF5 and netCDF from source; nobody has published a figure"
            found.append(Figure("HDF5 and netCDF", 300, 1200, "s", "estimate", where, "2026-11"))
    return found
