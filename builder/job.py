"""What the steps of one architecture's build hand on to each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geos.builder.build import Build, Part
from geos.builder.records import Records

if TYPE_CHECKING:
    from geos.builder.host import Host
    from geos.wizard.aws import Aws


@dataclass
class Job:
    """One build on one host. Steps read and set it; `note` is the only way to change what is on disk."""

    build: Build
    part: Part
    records: Records
    aws: Aws
    tell: Callable[[str], None]
    """A remark for people: one line of what was found or done."""
    host: Host | None = None
    connect: Callable[[], Host] | None = None
    """A new connection to the same machine; set once it is known where it is."""
    facts: dict[str, str] = field(default_factory=dict)
    """What was learnt on the way and is put into labels and the summary (builder CPU, engine, AMI name)."""

    def note(self, **changes: Any) -> None:
        """Change the part and write it to disk, whole. Raises DiskRefused: then nothing was created yet."""
        part = replace(self.part, **changes)
        self.records.write_part(self.build.build_id, part)
        self.part = part

    def is_done(self, title: str) -> bool:
        return title in self.part.finished

    @property
    def architecture(self) -> str:
        return self.part.architecture

    @property
    def log(self) -> Path:
        return self.records.log(self.build.build_id, self.architecture)

    @property
    def key(self) -> Path:
        return self.records.key(self.build.build_id, self.architecture)

    @property
    def the_host(self) -> Host:
        assert self.host is not None, "a step that needs the host stands before the one that connects"
        return self.host
