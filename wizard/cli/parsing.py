"""What the words of every geos command have in common. Imports nothing but argparse, so that --help is quick.

Common flags work before and after the verb. argparse lets a sub-parser overwrite what the main one read, so
every flag is suppressed when absent and the gaps are filled at the end: `--sandbox destroy` stays in the sandbox.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, NoReturn

Answer = str | bool
Flags = tuple[tuple[tuple[str, ...], dict[str, object]], ...]
"""(names, what argparse wants to know of it), for each flag."""

EXIT_CODES = "exit codes: 0 ok, 1 failed, 2 usage, 3 a check said no, 4 could not check,\n            130 interrupted"

CONNECTION: Flags = (
    (("--profile",), {"metavar": "NAME", "help": "AWS profile (else AWS_PROFILE, else AWS's own order)"}),
    (("--region",), {"metavar": "CODE", "help": "AWS region (else AWS_REGION, geos.yaml, the profile's)"}),
    (("--sandbox",), {"action": "store_true", "help": "use the simulated account; nothing reaches AWS"}),
    (("--deployment",), {"metavar": "NAME", "help": "<project>-<environment>"}),
    (("--config",), {"metavar": "FILE", "help": "the answers of this folder (default geos.yaml)"}),
    (("--answers",), {"metavar": "FILE", "help": "take this answers file instead of geos.yaml"}),
)
PRINTING: Flags = (
    (("-o", "--output"), {"choices": ("table", "json"), "help": "how results are printed"}),
    (("-y", "--yes"), {"action": "store_true", "help": "never ask; take defaults and agree"}),
    (("--no-color",), {"action": "store_true", "help": "no colour (also NO_COLOR)"}),
    (("-v", "--verbose"), {"action": "store_true", "help": "show what is fine as well"}),
    (("--debug",), {"action": "store_true", "help": "print every call to AWS on stderr"}),
    (("--version",), {"action": "store_true", "help": "print the version"}),
)
COMMON: Flags = CONNECTION + PRINTING
COMMON_DEFAULTS: Mapping[str, object] = {
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
}


class Unusable(SystemExit):
    """Words that are none of the command's. Ends with 2, as argparse does, if nobody says it better before."""

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
        choices = [str(choice) for choice in action.choices]
        what = "a verb" if action.dest == "verb" else f"one of {', '.join(choices)}"
        raise Unusable(f'"{value}" is not {what}.', f"{_meant(str(value), choices)}{self.prog} --help")


class Words(NamedTuple):
    """All words of one command, as data: its parser, its help and its shell completion are made from them."""

    prog: str
    description: str
    epilog: str
    verbs: Mapping[str, tuple[str, tuple[str, ...]]]
    """Verb -> (what it does, examples)."""
    of_verb: Mapping[str, Flags]
    """The flags of each verb; those of "" stand without a verb."""
    defaults: Mapping[str, object]
    """Of every flag that is not common."""
    common: Flags = COMMON


class _OfVerb(_Parser):
    """The parser of a verb, made once its verb is read: together they would take a fifth of the time of --help."""

    def __init__(self, *, flags: Flags, common: Flags, **options: Any) -> None:
        self._flags, self._common, self._options = flags, common, options

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        super().__init__(**self._options)
        _add(self, self._flags)
        _add(self.add_argument_group("common flags, before or after the verb"), self._common)
        return super().parse_known_args(args, namespace)


WIDTH = 80


def _formatter(prog: str) -> argparse.HelpFormatter:
    """As wide as every screen of geos; asking the terminal would take 2 ms of imports."""
    return argparse.RawDescriptionHelpFormatter(prog, width=WIDTH)


def build_parser(words: Words) -> argparse.ArgumentParser:
    form: dict[str, Any] = {
        "formatter_class": _formatter,
        "argument_default": argparse.SUPPRESS,
        "allow_abbrev": False,
    }
    parser = _Parser(prog=words.prog, description=words.description, epilog=words.epilog, **form)
    _add(parser, words.common + words.of_verb.get("", ()))
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", title="verbs", parser_class=_OfVerb)
    for verb, (what, examples) in words.verbs.items():
        verbs.add_parser(
            verb,
            help=what,
            description=what[0].upper() + what[1:] + ".",
            epilog="examples:\n  " + "\n  ".join(examples),
            flags=words.of_verb.get(verb, ()),
            common=words.common,
            **form,
        )
    return parser


def _add(group: argparse._ActionsContainer, flags: Flags) -> None:
    for names, options in flags:
        group.add_argument(*names, **options)  # type: ignore[arg-type]


def parse(words: Words, argv: Sequence[str]) -> argparse.Namespace:
    """The flags with every gap filled. Raises Unusable."""
    _check_names(words, argv)
    found = vars(build_parser(words).parse_args(argv))
    found["verb"] = found.get("verb") or ""
    return argparse.Namespace(**{**COMMON_DEFAULTS, **words.defaults, **found})


def _check_names(words: Words, argv: Sequence[str]) -> None:
    """argparse would take the value of a flag that it does not know for a verb, and complain of that."""
    known = {name for flags in (words.common, *words.of_verb.values()) for names, _ in flags for name in names}
    known |= {"--help", "--"}
    for word in argv:
        name = word.partition("=")[0]
        if name.startswith("--") and name not in known:
            raise Unusable(f'"{name}" is no flag of {words.prog}.', f"{_meant(name, known)}{words.prog} --help")


def _meant(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, sorted(known), n=1, cutoff=0.7)
    return f'did you mean "{near[0]}"?  ' if near else ""


def without_verb(words: Words, argv: Sequence[str]) -> argparse.Namespace:
    """How to print, read off words that cannot be parsed as a whole."""
    pairs = list(zip(argv, [*argv[1:], ""], strict=False))
    as_json = any(pair in (("-o", "json"), ("--output", "json")) for pair in pairs)
    as_json = as_json or bool({"-ojson", "-o=json", "--output=json"} & set(argv))
    printing = {"output": "json" if as_json else "table", "no_color": "--no-color" in argv}
    return argparse.Namespace(**{**COMMON_DEFAULTS, **words.defaults, **printing})
