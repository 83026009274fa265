"""The command lines of a container engine, and what its answers mean. Nothing here runs anything.

Every line has a configuration folder of the build's own, so that a login never touches the user's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from geos.builder.commands import Command, command, script
from geos.builder.errors import EngineUnusable, PushFailed
from geos.builder.request import ARM64, X86_64

PLATFORM = {ARM64: "linux/arm64", X86_64: "linux/amd64"}
"""Docker's words for our architectures."""
BUILDX, BUILDKIT, CLASSIC = "buildx", "buildkit", "classic"
"""How an engine builds: by the plug-in, by what clients before 23 had inside, or step by step in the daemon."""
LABEL_BUILD = "geos.build"
"""On every image: the build it comes from."""

_PUSHED = re.compile(r"^[^\s:]+: digest: (sha256:[0-9a-f]{64}) size: \d+\s*$", re.MULTILINE)
_MACHINE = {"aarch64": ARM64, "arm64": ARM64, "x86_64": X86_64, "amd64": X86_64}


@dataclass(frozen=True)
class Engine:
    """What a host's engine is."""

    version: str
    builder: str
    """buildx, buildkit or classic."""
    architecture: str
    """arm64 or x86_64; the machine's own word for any other."""
    root: str
    """The folder that images fill."""
    driver: str
    containerd_store: bool = False
    """Images are kept by containerd: an image's id is then its manifest's digest."""

    @property
    def registry_cache(self) -> bool:
        """Whether a build's cache can be kept in a registry."""
        return self.builder == BUILDX


@dataclass(frozen=True)
class Cache:
    """A build's cache in a repository of its own."""

    reference: str
    builder: str = "geos"
    """The name of the buildx builder in a container: the engine's own cannot write such a cache."""


@dataclass(frozen=True)
class Inspected:
    """A local image."""

    id: str
    architecture: str
    size_bytes: int
    labels: Mapping[str, str]


@dataclass(frozen=True)
class Docker:
    """Makes command lines for one host. `config`: the build's own folder for credentials on it."""

    config: str
    program: tuple[str, ...] = ("docker",)
    """("sudo", "docker") where the user is not in the engine's group."""

    def facts(self) -> Command:
        """What engine there is; `engine_of` reads the answer."""
        return self._docker("info", "--format", "{{json .}}")

    def build(
        self,
        context: str,
        tag: str,
        *,
        dockerfile: str = "Dockerfile",
        args: Mapping[str, str] | None = None,
        labels: Mapping[str, str] | None = None,
        architecture: str = "",
        target: str = "",
        network: str = "",
        builder: str = CLASSIC,
        cache: Cache | None = None,
    ) -> Command:
        """Build `context` (a folder on the host) into the engine's store. `dockerfile` is relative to it."""
        words = ["--file", f"{context}/{dockerfile}", "--tag", tag]
        words += ["--platform", PLATFORM[architecture]] if architecture else []
        words += ["--target", target] if target else []
        words += ["--network", network] if network else []
        words += _pairs("--build-arg", args)
        words += _pairs("--label", labels)
        if builder == BUILDX:
            # An attestation makes an index of a single image, and old clients and Batch see "unknown/unknown".
            words += ["--progress", "plain", "--provenance=false", "--load"]
            words += _cached(cache) if cache else []
            return self._docker("buildx", "build", *words, context)
        words += ["--progress", "plain"] if builder == BUILDKIT else []
        return self._docker("build", *words, context, DOCKER_BUILDKIT="1" if builder == BUILDKIT else "0")

    def create_builder(self, name: str) -> Command:
        """A buildx builder that can write a cache to a registry. Its settings lie in `config`."""
        return self._docker("buildx", "create", "--name", name, "--driver", "docker-container")

    def remove_builder(self, name: str) -> Command:
        return self._docker("buildx", "rm", "--force", name)

    def run(
        self,
        image: str,
        *words: str,
        entrypoint: str = "",
        architecture: str = "",
        network: str = "none",
        user: str = "",
    ) -> Command:
        """Run `words` in a container that is gone afterwards and reaches no network unless said otherwise."""
        options = ["--rm", "--network", network]
        options += ["--platform", PLATFORM[architecture]] if architecture else []
        options += ["--user", user] if user else []
        options += ["--entrypoint", entrypoint] if entrypoint else []
        return self._docker("run", *options, image, *words)

    def inspect(self, image: str) -> Command:
        """`inspected` reads the answer."""
        return self._docker("image", "inspect", image)

    def login(self, registry: str, token: str, *, user: str = "AWS") -> Command:
        """The token goes through the connection into the engine's standard input, nowhere else."""
        line = self._docker("login", "--username", user, "--password-stdin", registry)
        text = 'umask 077 && mkdir -p "$1" && shift && exec "$@"'
        return script(text, self.config, *line.words, stdin=token.encode())

    def logout(self, registry: str) -> Command:
        return self._docker("logout", registry)

    def forget(self) -> Command:
        """Remove the credentials, whether or not there are any."""
        return command(*self.program[:-1], "rm", "-rf", self.config)

    def tag(self, image: str, name: str) -> Command:
        return self._docker("tag", image, name)

    def push(self, name: str) -> Command:
        """`digest_of_push` reads the answer."""
        return self._docker("push", name)

    def pull(self, name: str, *, architecture: str = "") -> Command:
        return self._docker("pull", *(["--platform", PLATFORM[architecture]] if architecture else []), name)

    def remove(self, *images: str) -> Command:
        """Take the names off; what nothing else names goes with them."""
        return self._docker("image", "rm", "--force", *images)

    def prune(self, build_id: str) -> Command:
        """Remove what a build left without a name. Other images of the machine are not touched."""
        return self._docker("image", "prune", "--force", "--filter", f"label={LABEL_BUILD}={build_id}")

    def _docker(self, *words: str, **environment: str) -> Command:
        settings = {"DOCKER_CONFIG": self.config, **environment}
        *before, program = self.program  # sudo drops what was set before it
        return command(*before, "env", *(f"{name}={value}" for name, value in settings.items()), program, *words)


# --- what the answers mean ---------------------------------------------------------------------


def engine_of(answer: bytes) -> Engine:
    """From the output of `facts`. Raises EngineUnusable."""
    try:
        said = json.loads(answer)
        faults = said.get("ServerErrors") or []
        version = str(said.get("ServerVersion") or "")
    except (ValueError, AttributeError) as e:
        raise _unusable(answer.decode(errors="replace").strip()[-300:]) from e
    if faults or not version:
        raise _unusable("; ".join(str(f) for f in faults))
    client = said.get("ClientInfo") or {}
    return Engine(
        version,
        _builder(client),
        architecture_of(str(said.get("Architecture", ""))),
        str(said.get("DockerRootDir", "")),
        str(said.get("Driver", "")),
        any("io.containerd.snapshotter" in str(row) for row in said.get("DriverStatus") or ()),
    )


def inspected(answer: bytes) -> Inspected:
    """From the output of `inspect`."""
    row: dict[str, Any] = json.loads(answer)[0]
    return Inspected(
        str(row["Id"]),
        architecture_of(str(row.get("Architecture", ""))),
        int(row.get("Size") or 0),
        dict((row.get("Config") or {}).get("Labels") or {}),
    )


def digest_of_push(output: str) -> str:
    """The digest under which the registry now has the image. Raises PushFailed when none was told."""
    found = _PUSHED.findall(output.replace("\r", "\n"))
    if found:
        return str(found[-1])
    raise PushFailed("the push ended without a digest, so that nobody knows what the registry has.")


def architecture_of(word: str) -> str:
    """arm64 or x86_64, whatever the tool calls it; any other word as it is."""
    return _MACHINE.get(word, word)


def _builder(client: Mapping[str, Any]) -> str:
    if any(plugin.get("Name") == "buildx" and not plugin.get("Err") for plugin in client.get("Plugins") or ()):
        return BUILDX
    # Clients tell their version from 23 on, and from 23 on leave BuildKit to the plug-in: asked for it they fail.
    return CLASSIC if client.get("Version") else BUILDKIT


def _cached(cache: Cache) -> list[str]:
    place = f"type=registry,ref={cache.reference}"
    # ECR takes a cache only as an image manifest of OCI.
    export = f"{place},mode=max,image-manifest=true,oci-mediatypes=true"
    return ["--builder", cache.builder, "--cache-from", place, "--cache-to", export]


def _pairs(option: str, values: Mapping[str, str] | None) -> Sequence[str]:
    return [word for name, value in (values or {}).items() for word in (option, f"{name}={value}")]


def _unusable(said: str) -> EngineUnusable:
    return EngineUnusable(
        f"the build host's container engine does not answer{f': {said}' if said else '.'}",
        hint="on a machine of your own: sudo systemctl start docker; and the user belongs to the group docker",
    )
