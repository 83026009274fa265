"""completion bash|zsh|fish: a script for the shell, made from the same words as the parser."""

from __future__ import annotations

from geos.wizard.cli import words
from geos.wizard.cli.context import Context
from geos.wizard.errors import Exit
from geos.wizard.explanations import EXPLANATIONS
from geos.wizard.ui.views.words import verbatim


def run(context: Context) -> Exit:
    keys = [f"--{key.replace('_', '-')}" for key in context.answer_keys()]
    match context.flags.shell:
        case "bash":
            script = _bash(keys)
        case "zsh":
            script = "autoload -U +X bashcompinit && bashcompinit\n" + _bash(keys)
        case _:
            script = _fish(keys)
    context.ui.show(verbatim(script))
    return Exit.OK


def _flags(verb: str) -> list[str]:
    return [
        name for names, _ in (*words.COMMON, *words.OF_VERB.get(verb, ())) for name in names if name.startswith("--")
    ]


def _choices(verb: str) -> list[str]:
    if verb == "explain":
        return list(EXPLANATIONS)
    return [str(c) for _, options in words.OF_VERB.get(verb, ()) for c in _listed(options.get("choices"))]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, tuple) else []


def _bash(keys: list[str]) -> str:
    cases = "\n".join(
        f'    {verb}) words="{" ".join([*_choices(verb), *_flags(verb), *keys])}" ;;' for verb in words.VERBS
    )
    return f"""\
_geos_setup() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" verb="" word words=""
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case " {" ".join(words.VERBS)} " in *" $word "*) verb="$word" ;; esac
  done
  case "$prev" in
    --answers|--config|--template) COMPREPLY=($(compgen -f -- "$cur")); return ;;
    -o|--output) COMPREPLY=($(compgen -W "table json" -- "$cur")); return ;;
  esac
  case "$verb" in
{cases}
    *) words="{" ".join([*words.VERBS, *_flags(""), *keys])}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -F _geos_setup geos-setup"""


def _fish(keys: list[str]) -> str:
    verbs = " ".join(words.VERBS)
    lines = ["complete -c geos-setup -f"]
    for verb, (what, _) in words.VERBS.items():
        told = what.replace("'", "")
        lines.append(f"complete -c geos-setup -n 'not __fish_seen_subcommand_from {verbs}' -a {verb} -d '{told}'")
        for choice in _choices(verb):
            lines.append(f"complete -c geos-setup -n '__fish_seen_subcommand_from {verb}' -a {choice}")
        for flag in sorted(set(_flags(verb)) - set(_flags(""))):
            lines.append(f"complete -c geos-setup -n '__fish_seen_subcommand_from {verb}' -l {flag[2:]}")
    files = {"--answers", "--config", "--template"}
    for flag in [*_flags(""), *keys]:
        lines.append(f"complete -c geos-setup -l {flag[2:]}{' -r -F' if flag in files else ''}")
    return "\n".join(lines)
