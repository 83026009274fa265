"""Which model, architecture, compiler, MPI and release go together: possible, experimental or impossible, and why.

Each row of image/matrix.csv is a statement with its source about all pairs that it fits; the worst statement
decides, so that their order does not matter. Nothing here asks anybody: the answers hold before a host is launched.
"""

from __future__ import annotations

import difflib
import functools
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from geos.builder.errors import ImpossiblePair, UnknownChoice
from geos.builder.request import ARM64, DEFAULT_VERSION, GCCLASSIC, GCHP, X86_64, Request

POSSIBLE, EXPERIMENTAL, IMPOSSIBLE = "possible", "experimental", "impossible"
WORST_LAST = (POSSIBLE, EXPERIMENTAL, IMPOSSIBLE)

MODELS = (GCCLASSIC, GCHP)
ARCHITECTURES = (ARM64, X86_64)
COMPILERS = ("gcc12", "gcc11", "gcc13", "gcc14", "ifort", "ifx", "aocc", "nvhpc", "armflang")
"""The usual one first, then in the order in which another is offered."""
MPIS = ("openmpi4", "mpich", "intelmpi", "openmpi5", "none")
GENERIC = "generic"

_ANY = "*"
_VERSION = re.compile(r"(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:-(alpha|beta|rc)\.(\d{1,3}))?")
_RELEASE = "~"
"""Sorts behind alpha, beta and rc: a release comes after its previews."""


@dataclass(frozen=True)
class Pair:
    """What one image is made of."""

    model: str
    architecture: str
    compiler: str
    mpi: str
    version: str = DEFAULT_VERSION

    def __str__(self) -> str:
        with_mpi = "" if self.model == GCCLASSIC else f", {self.mpi}"
        return f"{self.model} {self.version} for {self.architecture} with {self.compiler}{with_mpi}"


@dataclass(frozen=True)
class Statement:
    """One row of the table."""

    model: str
    architecture: str
    compiler: str
    mpi: str
    from_version: str
    below_version: str
    word: str
    reason: str
    source: str
    date: str

    def fits(self, pair: Pair) -> bool:
        named = (self.model, self.architecture, self.compiler, self.mpi)
        asked = (pair.model, pair.architecture, pair.compiler, pair.mpi)
        if not all(name == _ANY or value in name.split("|") for name, value in zip(named, asked, strict=True)):
            return False
        version = version_key(pair.version)
        return not (
            (self.from_version and version < version_key(self.from_version))
            or (self.below_version and version >= version_key(self.below_version))
        )


@dataclass(frozen=True)
class Verdict:
    pair: Pair
    word: str
    """possible, experimental or impossible."""
    statements: tuple[Statement, ...]
    """Those that say this word; at least one."""
    nearest: Pair | None = None
    """For an impossible pair: what works with the fewest changes."""

    @property
    def reason(self) -> str:
        return "; ".join(s.reason for s in self.statements)


@dataclass(frozen=True)
class Tune:
    """A CPU that an image can be tuned for, and which of our compilers know it."""

    name: str
    architecture: str
    compilers: tuple[str, ...]
    flag: str


_GCC = ("gcc11", "gcc12", "gcc13", "gcc14")
TUNES = (
    Tune(GENERIC, X86_64, _GCC, "-march=x86-64-v3"),
    Tune(GENERIC, ARM64, _GCC, "-march=armv8.2-a"),
    *(
        Tune(cpu, X86_64, _GCC, f"-march={cpu}")
        for cpu in ("x86-64-v4", "cascadelake", "icelake-server", "sapphirerapids", "znver3")
    ),
    Tune("znver4", X86_64, ("gcc13", "gcc14"), "-march=znver4"),
    *(Tune(cpu, ARM64, _GCC, f"-mcpu={cpu}") for cpu in ("neoverse-n1", "neoverse-v1", "neoverse-512tvb")),
    Tune("neoverse-v2", ARM64, ("gcc13", "gcc14"), "-mcpu=neoverse-v2"),
)
"""GNU Fortran 12.2 was asked which of the names it takes (2026-11-25): all but znver4 and neoverse-v2."""
IFORT_FLAGS = {GENERIC: "-march=core-avx2"}
"""Classic ifort has names of its own; only the portable one is offered."""


def judge(pair: Pair) -> Verdict:
    """What the table says of a pair whose names are known; for an impossible one with the nearest that works."""
    verdict = _judge(pair)
    return replace(verdict, nearest=_nearest(pair)) if verdict.word == IMPOSSIBLE else verdict


def table(architectures: Iterable[str] = ARCHITECTURES, models: Iterable[str] = MODELS) -> tuple[Verdict, ...]:
    """Every pair of the newest release; Classic without MPI once, because it uses none."""
    return tuple(judge(pair) for pair in _pairs(tuple(models), tuple(architectures), (DEFAULT_VERSION,)))


def pairs(request: Request) -> tuple[Pair, ...]:
    return tuple(
        Pair(model, architecture, request.compiler, request.mpi, request.version)
        for architecture, model in itertools.product(request.architectures, request.models)
    )


def check(request: Request) -> tuple[Verdict, ...]:
    """The verdict on each image of the request. Raises UnknownChoice, ImpossiblePair (with every reason at once)."""
    if not request.models:
        return ()  # another project's context: its own Dockerfile says what it needs
    _check_names(request)
    verdicts = tuple(judge(pair) for pair in pairs(request))
    refused = [v for v in verdicts if v.word == IMPOSSIBLE]
    if refused:
        said = "; ".join(f"{v.pair} is impossible: {v.reason}" for v in refused)
        near = next((v.nearest for v in refused if v.nearest), None)
        raise ImpossiblePair(f"{said}.", hint=f"the nearest that works: {command(near)}" if near else "")
    for architecture in request.architectures:
        tune_flag(request, architecture)
    return verdicts


def tune_flag(request: Request, architecture: str) -> str:
    """The compiler flag for the wished CPU. Raises UnknownChoice, ImpossiblePair."""
    if request.compiler == "ifort":
        if request.tune in IFORT_FLAGS:
            return IFORT_FLAGS[request.tune]
        raise ImpossiblePair(f"ifort images are built for any x86_64 CPU only, not for {request.tune}.")
    named = [t for t in TUNES if t.name == request.tune]
    if not named:
        raise _unknown("tune", "CPU", request.tune, tuple(dict.fromkeys(t.name for t in TUNES)))
    found = [t for t in named if t.architecture == architecture]
    if not found:
        others = [t.name for t in TUNES if t.architecture == architecture and request.compiler in t.compilers]
        raise ImpossiblePair(
            f"{request.tune} is a CPU of {named[0].architecture}, not of {architecture}.",
            hint=f"for {architecture} there are {', '.join(others)}",
        )
    if request.compiler not in found[0].compilers:
        raise ImpossiblePair(
            f"{request.compiler} does not know the CPU {request.tune}.",
            hint=f"--compiler {found[0].compilers[0]}, or --tune generic",
        )
    return found[0].flag


def command(pair: Pair) -> str:
    """How that pair is built."""
    words = ["geos-build", "--arch", pair.architecture, "--model", pair.model]
    usual = Pair(pair.model, pair.architecture, COMPILERS[0], MPIS[0])
    if pair.version != usual.version:
        words += ["--geoschem-version", pair.version]
    if pair.compiler != usual.compiler:
        words += ["--compiler", pair.compiler]
    if pair.mpi != usual.mpi and pair.model != GCCLASSIC:
        words += ["--mpi", pair.mpi]
    return " ".join(words)


def version_key(version: str) -> tuple[int, int, int, str, int]:
    """For sorting. Raises UnknownChoice for what is no release's name."""
    match = _VERSION.fullmatch(version)
    if match is None:
        raise UnknownChoice(
            f'"{version}" is not the name of a GEOS-Chem release.',
            hint=f"--geoschem-version {DEFAULT_VERSION}, or another like 14.7.0 or 14.8.0-alpha.4",
        )
    major, minor, patch, preview, number = match.groups()
    return int(major), int(minor), int(patch), preview or _RELEASE, int(number or 0)


@functools.cache
def statements() -> tuple[Statement, ...]:
    """The shipped table."""
    import csv
    from importlib.resources import files

    lines = files("geos.builder").joinpath("image/matrix.csv").read_text(encoding="utf-8").splitlines()
    return tuple(Statement(*row) for row in list(csv.reader(lines))[1:])


# --- inside ----------------------------------------------------------------------------------


def _judge(pair: Pair) -> Verdict:
    found = [s for s in statements() if s.fits(pair)]
    worst = max((s.word for s in found), key=WORST_LAST.index)
    return Verdict(pair, worst, tuple(s for s in found if s.word == worst))


def _nearest(pair: Pair) -> Pair | None:
    """Model and architecture are what the user wants most; compiler and MPI are means to it."""
    candidates = [c for c in _pairs(MODELS, ARCHITECTURES, (pair.version, DEFAULT_VERSION)) if _works(c)]

    def distance(other: Pair) -> tuple[int, int, int, int]:
        changes = (
            8 * (other.model != pair.model)
            + 8 * (other.architecture != pair.architecture)
            + 4 * (other.version != pair.version)
            + 2 * (other.compiler != pair.compiler)
            + (other.mpi != pair.mpi and GCCLASSIC not in (other.model, pair.model))
        )
        return changes, WORST_LAST.index(_judge(other).word), *_order(other)

    return min(candidates, key=distance, default=None)


def _order(pair: Pair) -> tuple[int, int]:
    return COMPILERS.index(pair.compiler), MPIS.index(pair.mpi)


def _works(pair: Pair) -> bool:
    return _judge(pair).word != IMPOSSIBLE


def _pairs(models: tuple[str, ...], architectures: tuple[str, ...], versions: tuple[str, ...]) -> Iterator[Pair]:
    for version, model, architecture, compiler in itertools.product(
        dict.fromkeys(versions), models, architectures, COMPILERS
    ):
        for mpi in MPIS[:1] if model == GCCLASSIC else MPIS:
            yield Pair(model, architecture, compiler, mpi, version)


def _check_names(request: Request) -> None:
    version_key(request.version)
    for flag, what, names, known in (
        ("model", "model", request.models, MODELS),
        ("arch", "architecture", request.architectures, ARCHITECTURES),
        ("compiler", "compiler", (request.compiler,), COMPILERS),
        ("mpi", "MPI", (request.mpi,), MPIS),
    ):
        for name in names:
            if name not in known:
                raise _unknown(flag, what, name, known)


def _unknown(flag: str, what: str, name: str, known: tuple[str, ...]) -> UnknownChoice:
    near = difflib.get_close_matches(name, known, n=1)
    guess = f"did you mean {near[0]}? " if near else ""
    return UnknownChoice(
        f'"{name}" is no {what} that geos-build knows.', hint=f"{guess}--{flag} takes {', '.join(known)}"
    )
