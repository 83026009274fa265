"""An image is tried before anybody can get it: right architecture, libraries there, the model starts.

The checks run in containers without a network. That the model finds no run directory there is expected; what counts is
how far it comes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from geos.builder.commands import Command
from geos.builder.docker import Docker, Inspected, architecture_of
from geos.builder.errors import SmokeTestFailed, WrongArchitecture
from geos.builder.host import Host, Output
from geos.builder.request import GCHP

LABEL_SMOKE = "geos.smoke"
"""A line of shell with which another project's image is tried; it must end with status 0."""
LABEL_MODELS = "geos.models"
"""Of our own images: gcclassic, gchp or both."""
EXECUTABLES = "/opt/geos-chem/bin"
"""Where they lie in our own images, as <model>-<mechanism>."""
RANKS = 6
"""The fewest that GCHP runs with: one for each face of the cubed sphere."""
CHECK_SECONDS = 300.0

# $1 is the beginning of the executables' paths; what follows it, the words that start one.
_EACH = 'each=$1; shift; for one in "$each"-*; do [ -x "$one" ] || { echo "$one is not there"; exit 127; }; '
_LIBRARIES = f"""{_EACH}
  needs=$(ldd "$one") || exit 1
  case $needs in *"not found"*) echo "$needs" | grep "not found"; exit 1 ;; esac
  case $needs in *libnetcdff*) ;; *) echo "$one is not linked with netCDF for Fortran"; exit 1 ;; esac
done"""
_START = f"""cd "$(mktemp -d)" && ulimit -s "$(ulimit -H -s)"
{_EACH}
  timeout 120 "$@" "$one" 2>&1
  status=$?
  echo "$one ended with status $status"
  case $status in 124|126|127|132|135|139) exit $status ;; esac
done"""
_AS_RANKS = ("env", "OMPI_MCA_rmaps_base_oversubscribe=1", "mpirun", "-np", str(RANKS))
_RANKS = (*_AS_RANKS, "sh", "-c", "echo rank-${OMPI_COMM_WORLD_RANK:-$PMI_RANK}")
_NO_SUCH_PROGRAM = 127
_CANNOT_START = {
    124: "it did not end, although it had nothing to run",
    126: "it cannot be executed",
    127: "it, or a library of it, is not there",
    132: "it uses instructions that this CPU does not have",
    135: "it broke while it was loaded",
    139: "it broke at its start",
}


@dataclass(frozen=True)
class Check:
    title: str
    command: Command
    fault: Callable[[Output], str]
    """What is wrong, in words; empty when nothing is."""


@dataclass(frozen=True)
class Found:
    """What a check said."""

    title: str
    fault: str = ""
    last_lines: str = ""


def architecture_fault(image: Inspected, wanted: str) -> str:
    """Of what the image says of itself; empty when it is right."""
    return "" if image.architecture == wanted else f"the image is for {image.architecture}, {wanted} was asked for"


def checks(docker: Docker, image: str, inspected: Inspected, architecture: str) -> tuple[Check, ...]:
    """What an image is tried with, by its labels."""
    return tuple(_checks(docker, image, inspected, architecture))


def _checks(docker: Docker, image: str, inspected: Inspected, architecture: str) -> Iterator[Check]:
    def shell(text: str, *arguments: str) -> Command:
        return docker.run(image, "-c", text, "geos", *arguments, entrypoint="sh", architecture=architecture)

    models = inspected.labels.get(LABEL_MODELS, "").split()
    shell_needed = bool(models)
    yield Check("architecture", shell("uname -m"), lambda output: _machine_fault(output, architecture, shell_needed))
    for model in models:
        place, started = f"{EXECUTABLES}/{model}", _AS_RANKS if model == GCHP else ()
        yield Check(f"libraries of {model}", shell(_LIBRARIES, place), _status_fault)
        if model == GCHP:
            ranks = docker.run(image, *_RANKS[1:], entrypoint=_RANKS[0], architecture=architecture)
            yield Check(f"{RANKS} ranks start", ranks, _ranks_fault)
        yield Check(f"{model} starts", shell(_START, place, *started), _start_fault)
    if line := inspected.labels.get(LABEL_SMOKE, ""):
        yield Check("the image's own test", shell(line), _status_fault)


def run(host: Host, wanted: Sequence[Check], *, tell: Callable[[str], None] = lambda text: None) -> tuple[Found, ...]:
    """Try everything, so that all faults are known at once. Raises SmokeTestFailed with all of them."""
    found = tuple(_try(host, check, tell) for check in wanted)
    if faults := [f for f in found if f.fault]:
        raise SmokeTestFailed(
            "\n".join([f"the image does not work ({len(faults)} of {len(found)} checks said no):", *_told(faults)]),
            hint="nothing was pushed; the log has what the checks said",
        )
    return found


def require_architecture(image: Inspected, wanted: str) -> None:
    """Raises WrongArchitecture."""
    if fault := architecture_fault(image, wanted):
        raise WrongArchitecture(f"{fault}.", hint="take a base image that exists for this architecture")


def _try(host: Host, check: Check, tell: Callable[[str], None]) -> Found:
    tell(check.title)
    output = host.run(check.command, timeout_seconds=CHECK_SECONDS, check=False)
    fault = check.fault(output)
    return Found(check.title, fault, output.last_lines(5) if fault else "")


def _told(faults: Sequence[Found]) -> Iterator[str]:
    for found in faults:
        yield f"  {found.title}: {found.fault}"
        yield from (f"    {line}" for line in found.last_lines.splitlines())


def _status_fault(output: Output) -> str:
    return "" if output.status == 0 else f"ended with status {output.status}"


def _start_fault(output: Output) -> str:
    """A model without a run directory ends badly; it must have come as far as missing it."""
    if "error while loading shared libraries" in output.last_lines():
        return "a library of it is not there"
    return _CANNOT_START.get(output.status, "")


def _machine_fault(output: Output, architecture: str, shell_needed: bool) -> str:
    word = output.text.strip()
    if output.status == 0 and architecture_of(word) == architecture:
        return ""
    if output.status == _NO_SUCH_PROGRAM and not shell_needed and "executable file not found" in output.last_lines():
        return ""  # an image without a shell: what it says of itself must do
    return f"it runs as {word or 'nothing'}, {architecture} was asked for"


def _ranks_fault(output: Output) -> str:
    started = {line.strip() for line in output.text.splitlines() if line.startswith("rank-")}
    return "" if len(started) == RANKS else f"{len(started)} of {RANKS} ranks started"
