"""The words of geos-build: verbs, flags, help."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from geos.wizard.cli import parsing
from geos.wizard.cli.parsing import EXIT_CODES, Answer, Flags, Words

PROG = "geos-build"

VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "list": ("builds of this machine and account: running, done, and what they left", ("geos-build list",)),
    "attach": (
        "take up a running build again: after a lost connection, a closed laptop, a kill",
        ("geos-build attach b-7f3a10",),
    ),
    "logs": (
        "the complete log of a build",
        ("geos-build logs b-7f3a10", "geos-build logs b-7f3a10 --arch arm64 | less"),
    ),
    "clean": (
        "find by tag whatever builds left behind, price it and remove it",
        ("geos-build clean --expired", "geos-build clean --all --yes"),
    ),
    "images": ("the images in the repository", ("geos-build images", "geos-build images -o json")),
    "matrix": (
        "which compiler, MPI, architecture and model go together, and why not",
        ("geos-build matrix", "geos-build matrix --arch arm64 --model gchp"),
    ),
    "base": (
        "the image that GEOS-Chem's are built on: show what is pinned, or renew it",
        ("geos-build base", "geos-build base --refresh"),
    ),
    "explain": ("cause, cure and example of an error code", ("geos-build explain GEOS-B002",)),
    "completion": ("shell completion for bash, zsh or fish", ("geos-build completion bash > ~/.geos-completion",)),
}

ARCH: Flags = ((("--arch",), {"choices": ("arm64", "x86_64", "both"), "help": "for which machines"}),)
MODEL: Flags = ((("--model",), {"choices": ("gcclassic", "gchp", "both"), "help": "which model (default gcclassic)"}),)
BUILD: Flags = (
    (("--geoschem-version",), {"metavar": "V", "help": "release of GEOS-Chem (default 14.7.1)"}),
    (("--compiler",), {"metavar": "NAME", "help": "gcc11, gcc12, … (default gcc12; `matrix` lists them)"}),
    (("--mpi",), {"metavar": "NAME", "help": "MPI of GCHP (default openmpi4)"}),
    (("--tag",), {"metavar": "TAG", "help": "tag of the image (default <version>-<compiler>-<mpi>)"}),
    (("--tune",), {"metavar": "CPU", "help": "generic, or the CPU it shall be tuned for (gets a tag of its own)"}),
    (("--context",), {"metavar": "DIR", "help": "build this folder instead of GEOS-Chem"}),
    (("--file",), {"metavar": "FILE", "help": "its Dockerfile, below --context (default Dockerfile)"}),
    (("--repository",), {"metavar": "NAME", "help": "ECR repository (default the deployment's)"}),
    (("--no-push",), {"action": "store_true", "help": "build and test, push nothing"}),
    (("--cache",), {"choices": ("registry", "none"), "help": "keep build layers in the registry (needs buildx)"}),
)
HOST: Flags = (
    (("--transport",), {"choices": ("ssh", "ssm"), "help": "way in: SSH, or Session Manager without an open port"}),
    (("--host",), {"metavar": "ssh://USER@ADDRESS[:PORT]", "help": "build on a machine that is there; no EC2"}),
    (("--host-key",), {"metavar": "FILE", "help": "its public host key (ssh-keyscan, known_hosts or .pub)"}),
    (("--identity",), {"metavar": "FILE", "help": "your private key for --host (else your agent's)"}),
    (("--instance-type",), {"metavar": "A,B", "help": "EC2 types, the next where there is no capacity"}),
    (("--ami",), {"metavar": "ID", "help": "machine image (default the newest Rocky Linux 9)"}),
    (("--spot",), {"action": "store_true", "help": "a Spot host; may be taken away in the middle"}),
    (("--time-limit",), {"metavar": "3h", "help": "the host removes itself after so long (default 3h)"}),
    (("--keep-host",), {"action": "store_true", "help": "leave the host for inspection, until its time limit"}),
    (("--admin-cidr",), {"metavar": "CIDR", "help": "who may reach the host by SSH (default your own address)"}),
    (("--ssh-port",), {"metavar": "N", "type": int, "help": "where SSH listens on the host (default 22)"}),
)
PLAN: Flags = ((("--plan",), {"action": "store_true", "help": "show what would happen and cost; create nothing"}),)
BUILD_ID: Flags = ((("build_id",), {"metavar": "ID", "nargs": "?"}),)

OF_VERB: dict[str, Flags] = {
    "": ARCH + MODEL + BUILD + HOST + PLAN,
    "attach": BUILD_ID,
    "logs": BUILD_ID + ARCH,
    "clean": (
        (("--all",), {"action": "store_true", "help": "also what still runs or has not expired"}),
        (("--expired",), {"action": "store_true", "help": "only what is past its time limit"}),
    ),
    "images": ((("--repository",), {"metavar": "NAME", "help": "ECR repository (default the deployment's)"}),),
    "matrix": ARCH + MODEL,
    "base": (
        (("--refresh",), {"action": "store_true", "help": "ask the registry what the tag names now, and pin that"}),
        (("--shipped",), {"action": "store_true", "help": "forget a pin of your own; take the one that geos ships"}),
    ),
    "explain": ((("error_code",), {"metavar": "CODE", "nargs": "?", "default": ""}),),
    "completion": ((("shell",), {"choices": ("bash", "zsh", "fish")}),),
}

DESCRIPTION = """\
Builds a GEOS-Chem image natively on an EC2 host over SSH, tests it, pushes it to ECR, and leaves nothing behind.
Nothing is created before you have seen the list and the price."""

EPILOG = f"""\
examples:
  geos-build --arch arm64 --plan                            show, create nothing
  geos-build --arch arm64                                   GEOS-Chem Classic for Graviton
  geos-build --arch both --model gchp --compiler gcc12      two hosts side by side, one multi-arch index
  geos-build --arch x86_64 --context ./backend --repository backend
  geos-build --arch x86_64 --host ssh://me@build.example.org --host-key build.pub --no-push
  geos-build --sandbox --arch x86_64                        try it in the simulated account

{EXIT_CODES}"""

DEFAULTS: dict[str, object] = {
    "arch": "",
    "model": "",
    "geoschem_version": "",
    "compiler": "",
    "mpi": "",
    "tag": "",
    "tune": "generic",
    "context": "",
    "file": "",
    "repository": "",
    "no_push": False,
    "cache": "none",
    "transport": "ssh",
    "host": "",
    "host_key": "",
    "identity": "",
    "instance_type": "",
    "ami": "",
    "spot": False,
    "time_limit": "",
    "keep_host": False,
    "admin_cidr": "",
    "ssh_port": 22,
    "plan": False,
    "build_id": "",
    "all": False,
    "expired": False,
    "refresh": False,
    "shipped": False,
    "error_code": "",
    "shell": "",
}

WORDS = Words(PROG, DESCRIPTION, EPILOG, VERBS, OF_VERB, DEFAULTS)


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, dict[str, Answer]]:
    """(flags with every gap filled, nothing: no key of an answers file is a flag here). Raises Unusable."""
    return parsing.parse(WORDS, argv), {}
