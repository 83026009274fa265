"""What the steps of one architecture's build hand on to each other."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from geos.builder.build import Build, Part
from geos.builder.docker import Docker
from geos.builder.records import Records
from geos.wizard.errors import Cancelled
from geos.wizard.waiting import growing

if TYPE_CHECKING:
    from geos.builder.docker import Engine
    from geos.builder.host import Host
    from geos.wizard.aws import Aws

T = TypeVar("T")


@dataclass
class Job:
    """One build on one host. Steps read and set it; `note` is the only way to change what is on disk."""

    build: Build
    part: Part
    records: Records
    aws: Aws
    tell: Callable[[str], None]
    """A remark for people: one line of what was found or done."""
    output: Callable[[bytes], None] = lambda chunk: None
    """What the host's commands print, as it comes: for the log and the screen."""
    follow: Callable[[str, bytes], None] = lambda name, chunk: None
    """The next bytes of a run's log on the host."""
    log_offset: Callable[[str], int] = lambda name: 0
    """How many bytes of that log are here already."""
    machine: Callable[[str], None] = lambda text: None
    """Disk and memory of the host, now."""
    host: Host | None = None
    connect: Callable[[], Host] | None = None
    """A new connection to the same machine; set once it is known where it is."""
    folders: dict[str, str] = field(default_factory=dict)
    """On the host: the context, and the run that goes on."""
    engine: Engine | None = None
    docker_program: tuple[str, ...] = ("docker",)
    facts: dict[str, str] = field(default_factory=dict)
    """What was learnt on the way and is put into labels and the summary (builder CPU, engine, AMI name)."""
    stop: threading.Event = field(default_factory=threading.Event)
    """Set when the user wants out: every wait ends, the cleanup begins."""

    def note(self, **changes: Any) -> None:
        """Change the part and write it to disk, whole. Raises DiskRefused: then nothing was created yet."""
        part = replace(self.part, **changes)
        self.records.write_part(self.build.build_id, part)
        self.part = part

    def wait(self, seconds: float) -> None:
        """The only way to wait in a step's run. Raises Cancelled as soon as the user wants out. A cleanup waits by
        geos.wizard.waiting instead: it goes on then."""
        if self.stop.wait(max(0.0, seconds)):
            raise Cancelled("stopped.")

    def until(self, look: Callable[[], T | None], *, at_most_seconds: float, longest_seconds: float = 5.0) -> T | None:
        """Call `look` until it answers something; None when the time is over. Raises Cancelled, as `wait`."""
        deadline = time.monotonic() + at_most_seconds
        for interval in growing(0.1, 1.5, longest_seconds):
            found = look()
            left = deadline - time.monotonic()
            if found is not None or left <= 0:
                return found
            self.wait(min(interval, left))
        return None  # pragma: no cover - the intervals never end

    def is_done(self, title: str) -> bool:
        return title in self.part.finished

    @property
    def architecture(self) -> str:
        return self.part.architecture

    @property
    def key(self) -> Path:
        return self.records.key(self.build.build_id, self.architecture)

    @property
    def the_host(self) -> Host:
        assert self.host is not None, "a step that needs the host stands before the one that connects"
        return self.host

    @property
    def the_engine(self) -> Engine:
        assert self.engine is not None, "a step that needs the engine stands before the one that looks at it"
        return self.engine

    @property
    def docker(self) -> Docker:
        """The host's engine, with a configuration folder of this build's own."""
        return Docker(f"{self.part.folder}/docker-config", self.docker_program)

    @property
    def local_image(self) -> str:
        """What the image is called on the host."""
        return f"geos-build/{self.build.build_id}:{self.architecture}"
