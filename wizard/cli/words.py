"""The words of geos-setup: verbs, flags, help. Imports nothing but argparse, so that --help is quick.

Common flags work before and after the verb. argparse lets a sub-parser overwrite what the main one read, so
every flag is suppressed when absent and the gaps are filled at the end: `--sandbox destroy` stays in the sandbox.

Every key of an answers file is a flag too (max_vcpus, --max-vcpus). Which keys there are depends on the system,
so those flags are split off before argparse looks, and checked against the system's schema later.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import NoReturn

PROG = "geos-setup"

Answer = str | bool


class Unusable(SystemExit):
    """Words that are none of geos-setup's. Ends with 2, as argparse does, if nobody says it better before."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(2)
        self.message = message
        self.hint = hint


class _Parser(argparse.ArgumentParser):
    """Tells what is wrong instead of printing the usage."""

    def error(self, message: str) -> NoReturn:
        raise Unusable(f"{message}.", f"{self.prog} --help")

    def _check_value(self, action: argparse.Action, value: object) -> None:
        """A word that is not one of the choices: the nearest first, then all of them."""
        if action.choices is None or value in action.choices:
            return
        from difflib import get_close_matches

        choices = [str(choice) for choice in action.choices]
        near = get_close_matches(str(value), choices, n=1)
        what = "a verb" if action.dest == "verb" else f"one of {', '.join(choices)}"
        meant = f'did you mean "{near[0]}"?  ' if near else ""
        raise Unusable(f'"{value}" is not {what}.', f"{meant}{self.prog} --help")


VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "check": (
        "everything that could stop a deployment: identity, permissions, region, quotas, price",
        ("geos-setup check", "geos-setup check --template stack.yaml --parameters Nodes=4 Zone=us-east-1a"),
    ),
    "quotas": (
        "which quota is short for this plan, and by how much; files increases",
        ("geos-setup quotas", "geos-setup quotas --regions all", "geos-setup quotas --request"),
    ),
    "plan": (
        "what would be created, changed and removed; creates nothing",
        ("geos-setup plan", "geos-setup plan -o json"),
    ),
    "deploy": (
        "create or update the stacks, after showing the change sets",
        ("geos-setup deploy", "geos-setup deploy --yes"),
    ),
    "status": (
        "the deployments of this account and region, and their state",
        ("geos-setup status", "geos-setup status --drift"),
    ),
    "outputs": ("names, addresses and console links of what was deployed", ("geos-setup outputs -o json",)),
    "validate": ("read back what was deployed; changes nothing", ("geos-setup validate", "geos-setup validate --job")),
    "estimate": (
        "what it costs, idle and per run, line by line",
        ("geos-setup estimate", "geos-setup estimate --days 31"),
    ),
    "destroy": (
        "remove a deployment without a trace",
        ("geos-setup destroy", "geos-setup destroy --deployment geos-chem-dev --keep-data"),
    ),
    "config": ("every setting, its value and where it came from", ("geos-setup config show",)),
    "explain": ("cause, cure and example of an error code", ("geos-setup explain GEOS-Q001",)),
    "sandbox": (
        "the simulated account: start, status, reset, stop, env",
        ("geos-setup sandbox start --account established", 'eval "$(geos-setup sandbox env)" && aws s3 ls'),
    ),
    "completion": ("shell completion for bash, zsh or fish", ("geos-setup completion bash > ~/.geos-completion",)),
}

COMMON: tuple[tuple[tuple[str, ...], dict[str, object]], ...] = (
    (("--profile",), {"metavar": "NAME", "help": "AWS profile (else AWS_PROFILE, else AWS's own order)"}),
    (("--region",), {"metavar": "CODE", "help": "AWS region (else AWS_REGION, geos.yaml, the profile's)"}),
    (("--sandbox",), {"action": "store_true", "help": "use the simulated account; nothing reaches AWS"}),
    (("--deployment",), {"metavar": "NAME", "help": "<project>-<environment>"}),
    (("--config",), {"metavar": "FILE", "help": "the answers of this folder (default geos.yaml)"}),
    (("--answers",), {"metavar": "FILE", "help": "take this answers file instead of geos.yaml"}),
    (("-o", "--output"), {"choices": ("table", "json"), "help": "how results are printed"}),
    (("-y", "--yes"), {"action": "store_true", "help": "never ask; take defaults and agree"}),
    (("--no-color",), {"action": "store_true", "help": "no colour (also NO_COLOR)"}),
    (("-v", "--verbose"), {"action": "store_true", "help": "show what is fine as well"}),
    (("--debug",), {"action": "store_true", "help": "print every call to AWS on stderr"}),
    (("--version",), {"action": "store_true", "help": "print the version"}),
)

OF_VERB: dict[str, tuple[tuple[tuple[str, ...], dict[str, object]], ...]] = {
    "": ((("--plan",), {"action": "store_true", "help": "write the files and show the plan; create nothing"}),),
    "check": (
        (("--template",), {"nargs": "+", "metavar": "FILE", "help": "check these CloudFormation templates instead"}),
        (("--parameters",), {"nargs": "+", "metavar": "K=V", "help": "parameters of the templates"}),
        (("--regions",), {"metavar": "A,B|all", "help": "quotas in these regions, ranked"}),
    ),
    "quotas": (
        (("--regions",), {"metavar": "A,B|all", "help": "several regions, ranked by what could run now"}),
        (("--request",), {"action": "store_true", "help": "show and file the increases that the plan needs"}),
    ),
    "deploy": (
        (("--keep",), {"action": "store_true", "help": "leave what a failed deployment made, to look into it"}),
        (("--break-lock",), {"action": "store_true", "help": "take the lock of a geos that is gone"}),
        (("--plan",), {"action": "store_true", "help": "show the plan and create nothing"}),
    ),
    "status": ((("--drift",), {"action": "store_true", "help": "compare with what is really there"}),),
    "validate": ((("--job",), {"action": "store_true", "help": "run the test job too (costs a few cents)"}),),
    "destroy": (
        (("--keep-data",), {"action": "store_true", "help": "keep buckets and tables with data"}),
        (("--break-lock",), {"action": "store_true", "help": "take the lock of a geos that is gone"}),
    ),
    "config": ((("action",), {"choices": ("show",), "nargs": "?", "default": "show"}),),
    "explain": ((("error_code",), {"metavar": "CODE", "nargs": "?", "default": ""}),),
    "sandbox": (
        (("action",), {"choices": ("start", "status", "reset", "stop", "env"), "nargs": "?", "default": "status"}),
        (("--account",), {"choices": ("new", "established"), "help": "a brand-new account, or one in use"}),
    ),
    "completion": ((("shell",), {"choices": ("bash", "zsh", "fish")}),),
}

DESCRIPTION = """\
From a bare AWS account to a deployed GEOS-Chem environment, and back to nothing.
Without a verb: the guided wizard. It can be left at any question; answers are kept."""

EPILOG = """\
Every key of geos.yaml is a flag too: --max-vcpus 64, --grid 4x5. `geos-setup config show` lists them.

examples:
  geos-setup --sandbox                                        try it without an account
  geos-setup --answers examples/geos-chem-classic.yaml --plan  show, create nothing
  geos-setup quotas --regions us-east-1,eu-north-1             where could this run today?
  geos-setup --sandbox destroy --yes                           remove it again

exit codes: 0 ok, 1 failed, 2 usage, 3 a check said no, 4 could not check, 130 interrupted"""


def build_parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog=PROG,
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        argument_default=argparse.SUPPRESS,
        allow_abbrev=False,
    )
    _add(parser, COMMON + OF_VERB[""])
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs")
    for verb, (what, examples) in VERBS.items():
        sub = verbs.add_parser(
            verb,
            help=what,
            description=what[0].upper() + what[1:] + ".",
            epilog="examples:\n  " + "\n  ".join(examples),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            argument_default=argparse.SUPPRESS,
            allow_abbrev=False,
        )
        _add(sub, OF_VERB.get(verb, ()))
        _add(sub.add_argument_group("common flags, before or after the verb"), COMMON)
    return parser


def _add(group: argparse._ActionsContainer, flags: Sequence[tuple[tuple[str, ...], dict[str, object]]]) -> None:
    for names, options in flags:
        group.add_argument(*names, **options)  # type: ignore[arg-type]


DEFAULTS: dict[str, object] = {
    "verb": "",
    "profile": "",
    "region": "",
    "sandbox": False,
    "deployment": "",
    "config": "",
    "answers": "",
    "output": "table",
    "yes": False,
    "no_color": False,
    "verbose": False,
    "debug": False,
    "version": False,
    "plan": False,
    "template": (),
    "parameters": (),
    "regions": "",
    "request": False,
    "keep": False,
    "break_lock": False,
    "drift": False,
    "job": False,
    "keep_data": False,
    "account": "new",
    "action": "",
    "error_code": "",
    "shell": "",
}


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, dict[str, Answer]]:
    """(flags with every gap filled, answers given as flags). Exits 2 on unusable words, as argparse does."""
    words, answers = split_answers(argv)
    found = vars(build_parser().parse_args(words))
    found["verb"] = found.get("verb") or ""
    return argparse.Namespace(**{**DEFAULTS, **found}), answers


def without_verb(argv: Sequence[str]) -> argparse.Namespace:
    """How to print, read off words that cannot be parsed as a whole."""
    pairs = list(zip(argv, [*argv[1:], ""], strict=False))
    as_json = any(pair in (("-o", "json"), ("--output", "json")) for pair in pairs)
    as_json = as_json or bool({"-ojson", "-o=json", "--output=json"} & set(argv))
    found = {**DEFAULTS, "output": "json" if as_json else "table", "no_color": "--no-color" in argv}
    return argparse.Namespace(**found)


def split_answers(argv: Sequence[str]) -> tuple[list[str], dict[str, Answer]]:
    """Take the flags that stand for answers out of `argv`.

    A value follows the flag, or an equals sign. A flag without a value is a yes, --no-flag a no; the verb
    is never taken for a value.
    """
    own = {name for flags in (COMMON, *OF_VERB.values()) for names, _ in flags for name in names}
    own |= {"-h", "--help"}
    words: list[str] = []
    answers: dict[str, Answer] = {}
    verb_seen = False
    rest = list(argv)
    while rest:
        word = rest.pop(0)
        name, equals, value = word.partition("=")
        if not word.startswith("--") or name in own or word == "--":
            verb_seen = verb_seen or word in VERBS
            words.append(word)
            continue
        key = name[2:].replace("-", "_")
        if equals:
            answers[key] = value
        elif rest and not rest[0].startswith("--") and (verb_seen or rest[0] not in VERBS):
            answers[key] = rest.pop(0)
        elif key.startswith("no_"):
            answers[key[3:]] = False
        else:
            answers[key] = True
    return words, answers
