"""Places in S3, and whose they are: <user>/uploads/, <user>/configurations/, <user>/results/<job>/. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .endings import Code, Ended

UNSET, NONE = "UNSET", "none"
"""What the job definition has until a submission replaces it; what stands for no files of one's own."""
_S3 = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")


@dataclass(frozen=True)
class Place:
    """A bucket and a key, or the beginning of keys."""

    bucket: str
    key: str

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    def __truediv__(self, name: str) -> Place:
        return Place(self.bucket, f"{self.key.rstrip('/')}/{name}".lstrip("/"))

    @property
    def name(self) -> str:
        return self.key.rstrip("/").rpartition("/")[2]

    @property
    def owner(self) -> str:
        return self.key.partition("/")[0]

    @property
    def kind(self) -> str:
        return self.key.split("/")[1] if "/" in self.key else ""


@dataclass(frozen=True)
class Arguments:
    """The three places of one run; all of one user."""

    own: Place | None
    """Files of the user's own; None: there are none."""
    output: Place
    config: Place


def place(text: str) -> Place:
    """Raises Ended."""
    match = _S3.fullmatch(text)
    key = (match[2] or "").rstrip("/") if match else ""
    if match is None or key.startswith("/") or any(part in ("", ".", "..") for part in key.split("/") if key):
        raise _bad(f'"{text}" is no place in S3 like s3://bucket/ana/results/july.')
    return Place(match[1], key)


def arguments(own: str, output: str, config: str, user: str = "") -> Arguments:
    """`user`: whose job it is, where the submission said so. The job's role may write to every user's results, so
    that whose the places are is checked here, and at the submission. Raises Ended."""
    for name, value in (("inputPath", own), ("outputPath", output), ("configFile", config)):
        if value in ("", UNSET):
            raise _bad(f"{name} was not given: the submission left the job definition's {UNSET}.")
    to = _of_kind("outputPath", place(output), ("results",))
    if len(to.key.split("/")) < 3:
        raise _bad(f"outputPath {to} names no folder below results: one run, one folder.")
    source = None if own.lower() == NONE else _of_kind("inputPath", place(own), ("uploads", "configurations"))
    if not config.startswith("s3://"):
        if source is None:
            raise _bad(f'configFile "{config}" is looked for below inputPath, which is {NONE}.')
        config = str(source / config)
    file = _of_kind("configFile", place(config), ("uploads", "configurations"))
    wanted = user or to.owner
    for name, other in (("outputPath", to), ("inputPath", source), ("configFile", file)):
        if other is not None and (other.owner != wanted or other.bucket != to.bucket):
            raise _bad(f"{name} {other} is not {wanted}'s in {to.bucket}: a run stays within one user's folders.")
    return Arguments(source, to, file)


def _of_kind(name: str, found: Place, kinds: tuple[str, ...]) -> Place:
    if found.kind not in kinds:
        wanted = " or ".join(f"<user>/{kind}/" for kind in kinds)
        raise _bad(f"{name} {found} does not lie in {wanted}.")
    return found


def _bad(reason: str) -> Ended:
    return Ended(Code.BAD_CONFIGURATION, reason, "submit the job with places of your own.")
