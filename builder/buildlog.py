"""What an engine's output tells: how far a build is, and why it or a push ended. Pure.

Engines end with the same status whatever went wrong, so that their words are all there is to go by. Patterns are
tried from the last line backwards: what was retried with success earlier does not count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from geos.builder import errors

LAST_LINES = 80
"""As far back as the cause of an end is looked for."""

_CLASSIC_STEP = re.compile(r"^Step (\d+)/(\d+) : (.*)$")
_BUILDKIT_STEP = re.compile(r"^#\d+ \[(?:(?P<stage>\S+) +)?(?P<number>\d+)/(?P<of>\d+)\] (?P<words>.*)$")


@dataclass(frozen=True)
class StepMark:
    """The build came to a step of the Dockerfile."""

    number: int
    of: int
    words: str
    """The instruction, as it is written there."""
    stage: str = ""


def step_of(line: str) -> StepMark | None:
    """What a line of output says of the way; None for all other lines."""
    line = line.rstrip()
    if found := _CLASSIC_STEP.match(line):
        return StepMark(int(found[1]), int(found[2]), found[3])
    if found := _BUILDKIT_STEP.match(line):
        return StepMark(int(found["number"]), int(found["of"]), found["words"], found["stage"] or "")
    return None


@dataclass(frozen=True)
class _Cause:
    kind: type[errors.BuildError]
    pattern: re.Pattern[str]
    says: str
    hint: str


def _cause(kind: type[errors.BuildError], pattern: str, says: str, hint: str) -> _Cause:
    return _Cause(kind, re.compile(pattern, re.IGNORECASE), says, hint)


_NO_SPACE = _cause(
    errors.NoSpaceLeft,
    r"no space left on device|disk quota exceeded|needs \d+ ?[kmg]i?b more space on the",
    "the build host's disk is full",
    "on a machine of your own: docker system prune; otherwise check what the context copies",
)
_LIMIT = _cause(
    errors.PullLimitReached,
    r"toomanyrequests|429 too many requests|pull rate limit",
    "a public registry serves no more images to this address for now",
    "wait an hour and build again, or take the base image from a registry of your own",
)
_BROKEN_LINE = (
    r"could not resolve host|temporary failure in name resolution|temporary failure resolving|no such host"
    r"|tls handshake timeout|i/o timeout|dial tcp .*(refused|unreachable|timed out)|connection reset by peer"
    r"|failed to connect to|context deadline exceeded|connection timed out|network is unreachable"
    r"|client\.timeout exceeded"
)
_NETWORK = _cause(
    errors.DownloadFailed,
    rf"{_BROKEN_LINE}|failed to download metadata|curl error \(\d+\)",
    "a download failed",
    "build again; if it stays, the build host's subnet needs a way to the internet",
)
_MEMORY = _cause(
    errors.OutOfMemory,
    r"killed signal terminated|virtual memory exhausted|out of memory allocating|cannot allocate memory"
    r"|non-zero code: 137|exit code: 137",
    "the build host's memory did not suffice",
    "take a host with more memory: --instance-type r7g.2xlarge",
)
_CPU = _cause(
    errors.WrongArchitecture,
    r"exec format error|no match for platform in manifest|no matching manifest for"
    r"|does not match the specified platform",
    "something in it is for another kind of CPU",
    "take a base image that exists for this architecture",
)
_BASE = _cause(
    errors.BaseImageMissing,
    r"manifest unknown|pull access denied|repository does not exist or may require|failed to resolve source metadata",
    "its base image is not there",
    "check the name behind FROM, and that it can be pulled without a login",
)
_TOKEN = _cause(
    errors.RegistryLoginRefused,
    r"authorization token has expired|no basic auth credentials|unauthorized: |401 unauthorized"
    r"|login attempt to .* failed",
    "the registry does not accept the token",
    "try again: each try gets a new token",
)
_MAY_NOT = _cause(
    errors.RegistryLoginRefused,
    # The last: a refusal of a question for headers alone, which has no room for a reason.
    r"is not authorized to perform|denied: requested access|error parsing HTTP 403 response",
    "your identity may not push there",
    "ask for the actions of ecr named in the message; geos-build --plan lists all that a build needs",
)
_TAKEN = _cause(
    errors.TagTaken,
    r"tag invalid: .*(immutable|already exists)|ImageTagAlreadyExists",
    "the tag names another image already",
    "give the new one a tag of its own: --tag NAME",
)
_NAME = _cause(
    errors.RepositoryMissing,
    r"name unknown|repository with name .* does not exist",
    "the repository is not there",
    "start the build again: it creates the repository",
)
_LINE = _cause(
    errors.PushFailed,
    rf"{_BROKEN_LINE}|broken pipe|\bEOF$",
    "the connection to the registry broke",
    "try again: layers that arrived are not sent twice",
)
_BUILD = (_NO_SPACE, _LIMIT, _MEMORY, _CPU, _BASE, _NETWORK)
_PUSH = (_NO_SPACE, _TAKEN, _NAME, _MAY_NOT, _TOKEN, _LIMIT, _LINE)


def build_failure(output: str) -> errors.BuildError:
    """Why a build ended badly, from its output (the end of it suffices)."""
    found = _find(output, _BUILD, "the image could not be built")
    return found or errors.ImageBuildFailed(
        f"the image could not be built: {_last(output)}",
        hint="mend the step that failed; --keep-host leaves the machine for a look around",
    )


def push_failure(output: str) -> errors.BuildError:
    """Why a push or a login ended badly, from its output."""
    found = _find(output, _PUSH, "the image could not be pushed")
    return found or errors.PushFailed(
        f"the image could not be pushed: {_last(output)}",
        hint="try again: layers that arrived are not sent twice",
    )


def _find(output: str, causes: tuple[_Cause, ...], doing: str) -> errors.BuildError | None:
    for line in reversed(output.replace("\r", "\n").splitlines()[-LAST_LINES:]):
        for cause in causes:
            if cause.pattern.search(line):
                return cause.kind(f"{doing}: {cause.says}.\n{line.strip()[:400]}", hint=cause.hint)
    return None


def _last(output: str) -> str:
    lines = [line.strip() for line in output.replace("\r", "\n").splitlines() if line.strip()]
    return lines[-1][:400] if lines else "the engine said nothing."
