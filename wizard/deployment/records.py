"""The local record of a deployment: ./geos-out/<deployment>/deployment.json.

It says where the deployment is (account, endpoint, region) and what belongs to it, and it is written
before the calls that create. It is a help, never the truth: everything in it can be found again by the
tags in the account, so a broken record may simply be moved away. A checksum tells a file that was cut
off or edited by hand: acting on an edited stack name could delete something that is not ours.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from geos.wizard.errors import BadRecord, DiskRefused, WrongTarget
from geos.wizard.facts import Target
from geos.wizard.files import read_text, write_whole
from geos.wizard.paths import shown

FORMAT = 1
FILE = "deployment.json"
RUN = ".run-"


@dataclass(frozen=True)
class StackRecord:
    """One stack of the deployment. The id is known once AWS gave it; the name is known before."""

    layer: str
    stack_name: str
    region: str
    stack_id: str = ""


@dataclass(frozen=True)
class Run:
    """The command that is changing the deployment, or was when it was cut off."""

    run_id: str
    verb: str
    started: str


@dataclass(frozen=True)
class Record:
    """What is known locally about one deployment."""

    deployment: str
    system: str
    account_id: str
    region: str
    endpoint: str
    sandbox: bool
    answers_digest: str = ""
    stacks: tuple[StackRecord, ...] = ()
    run: Run | None = None
    """Set while a command works; still set afterwards means that it was interrupted."""
    created: str = ""
    changed: str = ""
    cost_tags: str = ""
    """"active" once billing said so; asking costs a cent each time."""

    def with_stack(self, stack: StackRecord) -> Record:
        """The same record with `stack` put in, in its place if its name is there already."""
        names = [s.stack_name for s in self.stacks]
        if stack.stack_name not in names:
            return replace(self, stacks=(*self.stacks, stack))
        kept = tuple(stack if s.stack_name == stack.stack_name else s for s in self.stacks)
        return replace(self, stacks=kept)

    def without_stack(self, stack_name: str) -> Record:
        return replace(self, stacks=tuple(s for s in self.stacks if s.stack_name != stack_name))


class Records:
    """The records below one folder."""

    def __init__(self, out_dir: Path) -> None:
        self.out_dir = out_dir

    def path(self, deployment: str) -> Path:
        return self.out_dir / deployment / FILE

    def names(self) -> tuple[str, ...]:
        """Deployments that have a record, broken or not."""
        try:
            return tuple(sorted(p.parent.name for p in self.out_dir.glob(f"*/{FILE}")))
        except OSError:
            return ()

    def read(self, deployment: str) -> Record | None:
        """The record, or None when there is none. Raises BadRecord, DiskRefused."""
        text = read_text(self.path(deployment))
        return None if text is None else parse(text, self.path(deployment))

    def write(self, record: Record) -> None:
        """Replace the record, whole or not at all. Raises DiskRefused."""
        write_whole(self.path(record.deployment), to_text(record))

    # --- runs --------------------------------------------------------------------------------

    def begin(self, deployment: str, token: str) -> None:
        """Say that a run with this token is about to take the lock, so that its lease is known for ours if it dies.

        A file of its own, because a second command that finds the lock taken must not touch the first one's record.
        Raises DiskRefused.
        """
        write_whole(self._run_file(deployment, token), "")

    def open_runs(self, deployment: str) -> frozenset[str]:
        """Tokens of runs that began here and did not come to an orderly end."""
        try:
            found = self.path(deployment).parent.glob(f"{RUN}*")
            return frozenset(p.name.removeprefix(RUN) for p in found)
        except OSError:
            return frozenset()

    def end(self, deployment: str, *tokens: str) -> None:
        """The runs are over. What cannot be removed only means that a lease is looked at again."""
        for token in tokens:
            with contextlib.suppress(OSError):
                self._run_file(deployment, token).unlink(missing_ok=True)

    def _run_file(self, deployment: str, token: str) -> Path:
        return self.path(deployment).with_name(f"{RUN}{token}")

    # --- the end -----------------------------------------------------------------------------

    def remove(self, deployment: str) -> None:
        """Forget the deployment; other files in its folder stay. Raises DiskRefused."""
        path = self.path(deployment)
        try:
            path.unlink(missing_ok=True)
        except OSError as e:
            raise DiskRefused(
                f"{shown(path)} could not be removed: {e.strerror or e}.", hint=f"remove it by hand: rm {shown(path)}"
            ) from e


def to_text(record: Record) -> str:
    body = {"format": FORMAT, **asdict(record)}
    return json.dumps({**body, "checksum": _checksum(body)}, indent=2) + "\n"


def parse(text: str, path: Path) -> Record:
    """Read a record's text; raises BadRecord for anything that geos did not write as it stands."""
    try:
        body = json.loads(text)
    except json.JSONDecodeError as e:
        raise _bad(path, f"it is cut off or not JSON (line {e.lineno})") from e
    if not isinstance(body, dict):
        raise _bad(path, "it is not a record")
    if body.get("format") != FORMAT:
        raise _bad(path, f"its format is {body.get('format')!r}, this geos knows {FORMAT}")
    told = body.pop("checksum", None)
    if told != _checksum(body):
        raise _bad(path, "it was edited by hand, or only a part of it was written")
    try:
        return _built(body)
    except (TypeError, KeyError, AttributeError) as e:
        raise _bad(path, "parts of it are missing") from e


def _built(body: dict[str, Any]) -> Record:
    fields = {k: v for k, v in body.items() if k != "format"}
    fields["stacks"] = tuple(StackRecord(**s) for s in fields["stacks"])
    fields["run"] = Run(**fields["run"]) if fields["run"] else None
    return Record(**fields)


def _checksum(body: dict[str, Any]) -> str:
    canonical = json.dumps(body, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _bad(path: Path, why: str) -> BadRecord:
    return BadRecord(
        f"{shown(path)} cannot be used: {why}.",
        hint=f"mv {shown(path)} {shown(path)}.bad, then run the same command again: "
        "geos finds the deployment by its tags in the account",
    )


def check_target(record: Record, target: Target, account_id: str) -> None:
    """Raise WrongTarget when `record` speaks of another place than the one now in use."""
    differences = list(_differences(record, target, account_id))
    if not differences:
        return
    raise WrongTarget(
        f"{record.deployment} was made elsewhere: " + "; ".join(differences) + ".",
        hint="use " + way_back(record) + ", or choose another deployment with --deployment",
    )


def is_stale(record: Record, target: Target, account_id: str) -> bool:
    """Whether the record speaks of a simulated account that is gone.

    A sandbox keeps its state in memory, so one at another address is a new account, and nothing that the
    record names exists any more.
    """
    both = record.sandbox and target.sandbox
    return both and (record.endpoint != target.endpoint or record.account_id != account_id)


def _differences(record: Record, target: Target, account_id: str) -> Iterable[str]:
    if record.sandbox != target.sandbox:
        yield f"in {_place(record.sandbox)}, and this command would go to {_place(target.sandbox)}"
        return
    if is_stale(record, target, account_id):
        return
    if record.endpoint != target.endpoint:
        yield f"at {record.endpoint or 'AWS'}, not {target.endpoint or 'AWS'}"
    if account_id and record.account_id != account_id:
        yield f"in account {record.account_id}, not {account_id}"
    if record.region != target.region:
        yield f"in {record.region}, not {target.region}"


def _place(sandbox: bool) -> str:
    return "the sandbox" if sandbox else "a real account"


def way_back(record: Record) -> str:
    """The flags or variables that lead to where the record points."""
    if record.sandbox:
        return f"--sandbox --region {record.region}"
    endpoint = f" and AWS_ENDPOINT_URL={record.endpoint}" if record.endpoint else ""
    return f"a profile of account {record.account_id} with --region {record.region}{endpoint}"
