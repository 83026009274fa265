"""From flags to what shall be built and on what; every fault of them at once, before anything is asked or created."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator
from pathlib import Path

from geos.builder import images, matrix, recipe
from geos.builder.address import host_of
from geos.builder.errors import NoRecipe
from geos.builder.request import ARM64, GCCLASSIC, GCHP, X86_64, HostWish, Request
from geos.wizard.errors import BadAnswers, GeosError, MissingAnswers

SHORTEST_SECONDS, LONGEST_SECONDS = 10 * 60, 24 * 3600
"""A host lives at least as long as its boot takes, and no build of ours takes a day."""
_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600}


def request_of(flags: argparse.Namespace) -> Request:
    """Raises MissingAnswers without an architecture, BadAnswers, UnknownChoice, ImpossiblePair."""
    if not flags.arch:
        raise MissingAnswers(
            "for which machines shall be built?",
            hint="--arch arm64 (Graviton), --arch x86_64 (Intel and AMD) or --arch both",
        )
    _raise(_request_faults(flags))
    given = Request(
        architectures=(ARM64, X86_64) if flags.arch == "both" else (flags.arch,),
        models=() if flags.context else _models(flags.model),
        tune=flags.tune,
        tag=flags.tag,
        repository=flags.repository,
        context=_whole(flags.context),
        dockerfile=flags.file or "Dockerfile",
        push=not flags.no_push,
        cache=flags.cache,
        **{
            key: value
            for key, value in (
                ("version", flags.geoschem_version),
                ("compiler", flags.compiler),
                ("mpi", flags.mpi),
            )
            if value
        },
    )
    matrix.check(given)
    if given.models and not recipe.shipped():
        raise NoRecipe(
            "this version of geos has no recipe for GEOS-Chem's own images.",
            hint=f"geos-build --arch {flags.arch} --context DIR builds a Dockerfile of yours the same way",
        )
    return given


def wish_of(flags: argparse.Namespace) -> HostWish:
    """Raises BadAnswers."""
    _raise(_host_faults(flags))
    return HostWish(
        transport=flags.transport,
        address=flags.host,
        host_key_file=_whole(flags.host_key),
        identity_file=_whole(flags.identity),
        instance_types=tuple(name for name in re.split(r"[,\s]+", flags.instance_type) if name),
        spot=flags.spot,
        keep=flags.keep_host,
        time_limit_seconds=seconds_of(flags.time_limit) or 3 * 3600,
        image_id=flags.ami,
        admin_cidr=flags.admin_cidr,
        ssh_port=flags.ssh_port,
    )


def seconds_of(text: str) -> int:
    """3h, 90m, 5400s; 0 for what is no time."""
    found = re.fullmatch(r"(\d{1,6})(s|m|min|h)", text.strip())
    return int(found[1]) * _UNITS[found[2]] if found else 0


def _whole(path: str) -> str:
    """From the root on: whoever takes the build up again may sit in another folder."""
    return os.path.abspath(path) if path else ""


def _models(word: str) -> tuple[str, ...]:
    return (GCCLASSIC, GCHP) if word == "both" else (word or GCCLASSIC,)


def _raise(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise BadAnswers(found, hint="geos-build --help tells what each flag takes")


def _request_faults(flags: argparse.Namespace) -> Iterator[str]:
    of_geoschem = ("model", "geoschem_version", "compiler", "mpi")
    if flags.context:
        yield from (
            f"--{name.replace('_', '-')} has no meaning with --context: that folder's Dockerfile says what is built."
            for name in of_geoschem
            if getattr(flags, name)
        )
        yield from _context_faults(Path(flags.context), flags.file or "Dockerfile")
    elif flags.file:
        yield "--file names a Dockerfile below --context, and there is no --context."
    for flag, check in (("tag", images.check_tag), ("repository", images.check_repository)):
        value = getattr(flags, flag)
        if value:
            yield from _fault(check, value)


def _context_faults(folder: Path, dockerfile: str) -> Iterator[str]:
    if not folder.is_dir():
        yield f"--context {folder}: there is no such folder."
        return
    path = folder / dockerfile
    if not path.resolve().is_relative_to(folder.resolve()):
        yield f"--file {dockerfile} lies outside --context {folder}; only what is below it is sent."
    elif not path.is_file():
        yield f"--file {dockerfile}: there is no such file in {folder}."


def _fault(check: object, value: str) -> Iterator[str]:
    try:
        check(value)  # type: ignore[operator]
    except GeosError as e:
        yield e.message


def _host_faults(flags: argparse.Namespace) -> Iterator[str]:
    if flags.host:
        yield from _own_host_faults(flags)
    else:
        for flag in ("host_key", "identity"):
            if getattr(flags, flag):
                yield f"--{flag.replace('_', '-')} belongs to --host, and there is no --host."
    if flags.time_limit:
        seconds = seconds_of(flags.time_limit)
        if not seconds:
            yield f"--time-limit {flags.time_limit}: a time with its unit was expected, such as 90m or 3h."
        elif not SHORTEST_SECONDS <= seconds <= LONGEST_SECONDS:
            yield f"--time-limit {flags.time_limit}: it must lie between 10m and 24h."
    if not 0 < flags.ssh_port < 65536:
        yield f"--ssh-port {flags.ssh_port}: a port from 1 to 65535 was expected."


def _own_host_faults(flags: argparse.Namespace) -> Iterator[str]:
    if host_of(flags.host) is None:
        yield f"--host {flags.host}: an address such as ssh://rocky@build.example.org:22 was expected."
    if not flags.host_key:
        yield "--host needs --host-key: the machine's public key, so that no other can take its place (ssh-keyscan)."
    for flag in ("host_key", "identity"):
        path = getattr(flags, flag)
        if path and not Path(path).is_file():
            yield f"--{flag.replace('_', '-')} {path}: there is no such file."
    if flags.arch == "both":
        yield "--host is one machine, and --arch both takes one for each architecture."
    of_ec2 = {"instance_type": "", "ami": "", "spot": False, "admin_cidr": "", "keep_host": False}
    for flag, usual in of_ec2.items():
        if getattr(flags, flag) != usual:
            yield f"--{flag.replace('_', '-')} belongs to a host in EC2; --host is a machine that is there already."
    if flags.transport == "ssm":
        yield "--transport ssm leads to a host in EC2; --host is reached by SSH."
