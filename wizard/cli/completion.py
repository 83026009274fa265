"""Shell completion of a command, made from the same words as its parser."""

from __future__ import annotations

from collections.abc import Sequence

from geos.wizard.cli.parsing import Words
from geos.wizard.explanations import EXPLANATIONS

SHELLS = ("bash", "zsh", "fish")
FILES = ("--answers", "--config", "--template", "--context", "--file", "--host-key", "--rows", "--save-plot")
"""Flags whose value is a path."""
FILE_WORDS = ("logs", "file")
"""Words behind a verb that are paths."""


def script(words: Words, shell: str, keys: Sequence[str] = ()) -> str:
    """`keys`: further flags that the command takes."""
    match shell:
        case "bash":
            return _bash(words, keys)
        case "zsh":
            return "autoload -U +X bashcompinit && bashcompinit\n" + _bash(words, keys)
        case _:
            return _fish(words, keys)


def _flags(words: Words, verb: str) -> list[str]:
    return [
        name for names, _ in (*words.common, *words.of_verb.get(verb, ())) for name in names if name.startswith("--")
    ]


def _choices(words: Words, verb: str) -> list[str]:
    """Words that may stand behind a verb."""
    if verb == "explain":
        return list(EXPLANATIONS)
    flags = words.of_verb.get(verb, ()) if verb else ()
    return [str(c) for names, options in flags for c in _listed(options.get("choices")) if not names[0].startswith("-")]


def _values(words: Words) -> dict[str, list[str]]:
    """Flag -> the values it may have, where they are listed."""
    found: dict[str, list[str]] = {}
    for flags in (words.common, *words.of_verb.values()):
        for names, options in flags:
            values = [str(c) for c in _listed(options.get("choices"))]
            if values and names[0].startswith("-"):
                found["|".join(names)] = values
    return found


def _told(words: Words) -> list[str]:
    """Flags with a value that cannot be listed."""
    listed = set("|".join(_values(words)).split("|"))
    return sorted(
        {
            name
            for flags in (words.common, *words.of_verb.values())
            for names, options in flags
            for name in names
            if name.startswith("-") and "metavar" in options and name not in listed and name not in FILES
        }
    )


def _with_files(words: Words) -> list[str]:
    """Verbs that take paths."""
    return [verb for verb, flags in words.of_verb.items() if any(names[0] in FILE_WORDS for names, _ in flags)]


def _listed(value: object) -> list[object]:
    return list(value) if isinstance(value, tuple) else []


def _bash(words: Words, keys: Sequence[str]) -> str:
    function = "_" + words.prog.replace("-", "_")
    cases = "\n".join(
        f'    {verb}) words="{" ".join([*_choices(words, verb), *_flags(words, verb), *keys])}" ;;'
        for verb in words.verbs
    )
    values = "\n".join(
        f'    {flag}) COMPREPLY=($(compgen -W "{" ".join(found)}" -- "$cur")); return ;;'
        for flag, found in _values(words).items()
    )
    return f"""\
{function}() {{
  local cur="${{COMP_WORDS[COMP_CWORD]}}" prev="${{COMP_WORDS[COMP_CWORD-1]}}" verb="" word words="" files=""
  for word in "${{COMP_WORDS[@]:1:$((COMP_CWORD-1))}}"; do
    case " {" ".join(words.verbs)} " in *" $word "*) verb="$word"; break ;; esac
  done
  case "$prev" in
    {"|".join(FILES)}) files=only ;;
{values}
    {"|".join(_told(words))}) COMPREPLY=(); return ;;
  esac
  case "$verb" in
{cases}
    *) words="{" ".join([*words.verbs, *_flags(words, ""), *keys])}" ;;
  esac
  case " {" ".join(_with_files(words))} " in *" $verb "*) [[ -n "$verb" && "$cur" != -* ]] && files=also ;; esac
  COMPREPLY=()
  [[ "$files" == only ]] || COMPREPLY=($(compgen -W "$words" -- "$cur"))
  if [[ -n "$files" ]]; then
    local IFS=$'\\n'
    COMPREPLY+=($(compgen -f -- "$cur"))
    compopt -o filenames 2>/dev/null  # neither zsh nor the bash of macOS knows it
  fi
  return 0
}}
complete -F {function} {words.prog}"""


def _fish(words: Words, keys: Sequence[str]) -> str:
    start = f"complete -c {words.prog}"
    verbs, valued = " ".join(words.verbs), _told(words)

    def flag(name: str) -> str:
        """What is completed behind a flag: files, nothing, or whatever follows."""
        return f"-l {name[2:]}{' -r -F' if name in FILES else ' -x' if name in valued else ''}"

    lines = [f"{start} -f"]
    for verb, (what, _) in words.verbs.items():
        seen = f"{start} -n '__fish_seen_subcommand_from {verb}'"
        told = what.replace("'", "")
        lines.append(f"{start} -n 'not __fish_seen_subcommand_from {verbs}' -a {verb} -d '{told}'")
        lines += [f"{seen} -a {choice}" for choice in _choices(words, verb)]
        lines += [f"{seen} {flag(name)}" for name in sorted(set(_flags(words, verb)) - set(_flags(words, "")))]
        lines += [f"{seen} -F"] if verb in _with_files(words) else []
    lines += [f"{start} {flag(name)}" for name in [*_flags(words, ""), *keys]]
    for names, values in _values(words).items():
        options = " ".join(f"-l {name[2:]}" if name[1] == "-" else f"-s {name[1:]}" for name in names.split("|"))
        lines.append(f"{start} {options} -x -a '{' '.join(values)}'")
    return "\n".join(lines)
