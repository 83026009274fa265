"""The words of geos-setup: verbs, flags, help.

Every key of an answers file is a flag too (max_vcpus, --max-vcpus). Which keys there are depends on the system,
so those flags are split off before argparse looks, and checked against the system's schema later.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from geos.wizard.cli import parsing
from geos.wizard.cli.parsing import COMMON, EXIT_CODES, Answer, Flags, Words

PROG = "geos-setup"

VERBS: dict[str, tuple[str, tuple[str, ...]]] = {
    "check": (
        "everything that could stop a deployment: access, region, quotas, price",
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

OF_VERB: dict[str, Flags] = {
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
From a bare AWS account to a deployed GEOS-Chem environment, and back again.
Without a verb: the guided wizard. Leave it at any question; answers are kept."""

EPILOG = f"""\
Every key of geos.yaml is a flag too: --max-vcpus 64, --grid 4x5.
`geos-setup config show` lists them.

examples:
  geos-setup --sandbox                               try it without an account
  geos-setup --answers answers.yaml --plan           show, create nothing
  geos-setup quotas --regions us-east-1,eu-north-1   where could this run now?
  geos-setup --sandbox destroy --yes                 remove it again

{EXIT_CODES}"""


DEFAULTS: dict[str, object] = {
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


WORDS = Words(PROG, DESCRIPTION, EPILOG, VERBS, OF_VERB, DEFAULTS)


def parse(argv: Sequence[str]) -> tuple[argparse.Namespace, dict[str, Answer]]:
    """(flags with every gap filled, answers given as flags). Raises Unusable."""
    words, answers = split_answers(argv)
    return parsing.parse(WORDS, words), answers


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
