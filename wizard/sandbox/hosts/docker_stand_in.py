"""`docker` for simulated machines on a computer without a container engine.

Started as `python -m geos.wizard.sandbox.hosts.docker_stand_in`. It says `simulated` wherever people read. It reads
the Dockerfile and runs none of it; what it pushes is a real image of a few hundred bytes, so that the simulated
registry has manifests and digests as after a real push.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geos.wizard.sandbox.hosts.docker_store import Failed, Store, digest_of, full_name, layer_of, say

VERSION = "0.0 (simulated)"
_MACHINES = {"arm64": "aarch64", "amd64": "x86_64"}
_FAILING = re.compile(r"(?:false|exit ([1-9]\d*))")
_FLAGS = frozenset({"--rm", "--force", "-f", "--load", "--password-stdin", "--quiet", "-q", "--all", "-a"})


@dataclass
class Words:
    """A command line, taken apart."""

    options: dict[str, list[str]] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)

    def one(self, name: str, default: str = "") -> str:
        return self.options.get(name, [default])[-1]

    @property
    def first(self) -> str:
        if not self.rest:
            raise Failed("docker: an argument is missing.")
        return self.rest[0]

    def pairs(self, name: str) -> dict[str, str]:
        return dict(word.partition("=")[::2] for word in self.options.get(name, ()))


def take_apart(words: Sequence[str]) -> Words:
    """Options up to the first word that is none; whatever follows belongs to a container."""
    found, waiting = Words(), list(words)
    while waiting and waiting[0].startswith("-"):
        name, given, value = waiting.pop(0).partition("=")
        if not given and name not in _FLAGS:
            if not waiting:
                raise Failed(f"flag needs an argument: {name}")
            value = waiting.pop(0)
        found.options.setdefault(name, []).append(value)
    found.rest = waiting
    return found


def version(words: Words) -> None:
    say(VERSION if words.one("--format") else f"Client: {VERSION}\nServer: {VERSION}")


def info(words: Words) -> None:
    machine = os.uname().machine
    client = {"Version": VERSION, "Plugins": [], "Context": "default"}
    facts = {
        "ServerVersion": VERSION,
        "Architecture": machine,
        "DockerRootDir": str(Path.home()),
        "Driver": "simulated",
        "ClientInfo": client,
    }
    say(json.dumps(facts))


def build(words: Words) -> None:
    context = Path(words.rest[0] if words.rest else ".")
    file = Path(words.one("--file", str(context / "Dockerfile")))
    try:
        steps = instructions(file.read_text(encoding="utf-8"), words.one("--target"))
    except OSError as e:
        raise Failed(f"unable to prepare context: cannot read {file}: {e.strerror} (simulated)") from e
    for number, step in enumerate(steps, 1):
        say(f"Step {number}/{len(steps)} : {step}")
        say(" ---> simulated: nothing was run")
        failing = _FAILING.fullmatch(step.removeprefix("RUN ").strip()) if step.startswith("RUN ") else None
        if failing:
            raise Failed(f"The command '/bin/sh -c {step[4:]}' returned a non-zero code: {failing[1] or 1} (simulated)")
    platform = words.one("--platform").rpartition("/")[2]
    ours = {name: text for name, text in _MACHINES.items() if text == os.uname().machine}
    labels = {**_labels(steps), **words.pairs("--label"), "geos.simulated": "true"}
    config: dict[str, Any] = {
        "architecture": platform or next(iter(ours), "amd64"),
        "os": "linux",
        "config": {"Labels": labels, "Env": [f"{k}={v}" for k, v in words.pairs("--build-arg").items()]},
    }
    config["rootfs"] = {"type": "layers", "diff_ids": [digest_of(layer_of(config))]}
    store, text = Store(), json.dumps(config, sort_keys=True)
    store.images.update({full_name(name): text for name in words.options.get("--tag", ())})
    store.save()
    say(f"Successfully built {digest_of(text.encode())[7:19]} (simulated)")


def instructions(text: str, target: str = "") -> list[str]:
    """The Dockerfile's steps, continued lines joined; up to the end of stage `target`. Raises Failed for none."""
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    joined = re.sub(r"\\[ \t]*\n", " ", "\n".join(lines))
    found = [re.sub(r"\s+", " ", line.strip()) for line in joined.splitlines() if line.strip()]
    stages = [number for number, step in enumerate(found) if step.upper().startswith("FROM ")]
    if not stages:
        raise Failed("no build stage in current context (simulated)")
    if target:
        named = [n for n in stages if found[n].upper().endswith(f" AS {target.upper()}")]
        if not named:
            raise Failed(f"failed to reach build target {target} in Dockerfile (simulated)")
        found = found[: next((n for n in stages if n > named[0]), len(found))]
    return found


def _labels(steps: Sequence[str]) -> dict[str, str]:
    pairs = [pair for step in steps if step.upper().startswith("LABEL ") for pair in _PAIR.findall(step[6:])]
    return {name: quoted or plain for name, quoted, plain in pairs}


_PAIR = re.compile(r'([\w.-]+)=(?:"([^"]*)"|(\S+))')


def run(words: Words) -> None:
    """Answers what geos asks a container; all else is told and not done."""
    config = Store().find(words.first)
    inside = words.rest[1:]
    said = " ".join([words.one("--entrypoint"), *inside]).strip()
    sys.stderr.write(f"simulated: not run: {said}\n")
    if said.endswith("uname -m geos"):
        say(_MACHINES.get(config["architecture"], config["architecture"]))
    elif "mpirun" in said and "rank-" in said:
        say("\n".join(f"rank-{rank}" for rank in range(6)))
    elif said.startswith("cat "):
        say("simulated=true")


def image(words: Words) -> None:
    verb, below = words.first, take_apart(words.rest[1:])
    store = Store()
    if verb == "inspect":
        say(json.dumps([_inspected(store.find(name)) for name in below.rest], indent=2))
    elif verb == "rm":
        for name in below.rest:
            if store.images.pop(full_name(name), None) is not None:
                say(f"Untagged: {name} (simulated)")
        store.save()
    elif verb == "prune":
        say("Total reclaimed space: 0B (simulated)")


def _inspected(config: dict[str, Any]) -> dict[str, Any]:
    text = json.dumps(config, sort_keys=True).encode()
    return {
        "Id": digest_of(text),
        "Architecture": config["architecture"],
        "Os": config["os"],
        "Size": len(layer_of(config)),
        "RepoDigests": [],
        "Config": config["config"],
    }


def tag(words: Words) -> None:
    store = Store()
    store.images[full_name(words.rest[-1])] = json.dumps(store.find(words.first), sort_keys=True)
    store.save()


def login(words: Words) -> None:
    from geos.wizard.sandbox.hosts import docker_remote

    docker_remote.login(words.first, words.one("--username"), sys.stdin.read().strip())


def logout(words: Words) -> None:
    from geos.wizard.sandbox.hosts import docker_remote

    docker_remote.logout(words.first)


def push(words: Words) -> None:
    from geos.wizard.sandbox.hosts import docker_remote

    docker_remote.push(words.first)


COMMANDS: dict[str, Callable[[Words], None]] = {
    "build": build,
    "image": image,
    "info": info,
    "login": login,
    "logout": logout,
    "push": push,
    "run": run,
    "tag": tag,
    "version": version,
}


def main(argv: Sequence[str] | None = None) -> int:
    name, *words = [*(sys.argv[1:] if argv is None else argv), ""]
    try:
        if name not in COMMANDS:
            raise Failed(f"docker: '{name}' is not simulated.")
        COMMANDS[name](take_apart(words[:-1]))
    except Failed as e:
        sys.stderr.write(f"{e}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
