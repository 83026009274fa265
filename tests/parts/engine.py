"""A real container engine for the tests: dockerd of its own, in a folder of its own, on a socket of its own.

engine = Engine()                     raises Missing, saying which Debian package is wanted
engine.run(command)                   a Command of geos.builder on this machine; its Output
engine.host()                         a geos.builder Host: this machine, with the engine
engine.base("geos-base", "x86_64")    an image with a shell, from busybox
engine.stop()                         and nothing of it is left, no mount, no process
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import shutil
import signal
import subprocess
import tarfile
import tempfile
import threading
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from geos.builder.commands import Command
from geos.builder.docker import PLATFORM, Docker
from geos.builder.errors import CommandFailed
from geos.builder.host import Output
from parts.missing import Missing, require

START_SECONDS = 20.0
_STEP_SECONDS = 0.02
_APPLETS = (
    "sh",
    "cat",
    "ls",
    "mkdir",
    "uname",
    "echo",
    "rm",
    "env",
    "test",
    "grep",
    "mktemp",
    "head",
    "sleep",
    "yes",
    "dd",
)


class Engine:
    """A running dockerd."""

    def __init__(self, *, disk_mib: int = 0) -> None:
        """`disk_mib`: how much fits into it; 0: as much as this machine has."""
        require("dockerd", "docker.io")
        if os.geteuid() != 0:
            raise Missing("a container engine can be started by root alone")
        self.client = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else require("docker", "docker.io")
        self.folder = Path(tempfile.mkdtemp(prefix="geos-engine-"))
        self._log = (self.folder / "log").open("wb")
        (self.folder / "data").mkdir()
        if disk_mib:
            small = ["mount", "-t", "tmpfs", "-o", f"size={disk_mib}m", "tmpfs", f"{self.folder}/data"]
            if subprocess.run(small, check=False, capture_output=True).returncode:
                raise Missing("nothing can be mounted here")
        words = ["dockerd", "--data-root", f"{self.folder}/data", "--exec-root", f"{self.folder}/exec"]
        words += ["--pidfile", f"{self.folder}/pid", "-H", f"unix://{self.folder}/socket"]
        # No bridge and no rules: nothing of this machine's network is touched.
        words += ["--iptables=false", "--ip6tables=false", "--bridge=none", "--insecure-registry", "127.0.0.0/8"]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log, start_new_session=True)
        self.docker = Docker(str(self.folder / "config"))
        self._made = 0
        self._bases: set[str] = set()
        try:
            self._wait()
        except BaseException:
            self.stop()
            raise

    def _wait(self) -> None:
        probe = Command((self.client, "version", "--format", "{{.Server.Version}}"))
        for _ in range(int(START_SECONDS / _STEP_SECONDS)):
            if self.run(probe, check=False).status == 0:
                return
            if self._process.poll() is not None:
                break
            threading.Event().wait(_STEP_SECONDS)
        raise Missing("the container engine does not start here: " + self.log()[-500:])

    def log(self) -> str:
        return (self.folder / "log").read_text(errors="replace")

    @property
    def env(self) -> dict[str, str]:
        """For programs that shall find this engine, and no other, under the name docker."""
        path = f"{Path(self.client).parent}:{os.environ.get('PATH', os.defpath)}"
        return {"DOCKER_HOST": f"unix://{self.folder}/socket", "PATH": path}

    def run(self, command: Command, *, check: bool = True, env: Mapping[str, str] | None = None) -> Output:
        done = subprocess.run(
            command.words, input=command.stdin, capture_output=True, env={**os.environ, **self.env, **(env or {})}
        )
        output = Output(done.returncode, done.stdout, done.stderr)
        if check and output.status != 0:
            raise CommandFailed(f"{command} ended with {output.status}:\n{output.last_lines()}")
        return output

    def host(self) -> LocalHost:
        return LocalHost(self)

    def build(self, folder: Path, dockerfile: str, *, name: str = "", **words: Any) -> str:
        """An image from a Dockerfile's text, and no network; its name. Raises CommandFailed."""
        self._made += 1
        name = name or f"geos-test:{os.getpid()}-{self._made}"
        (folder / "Dockerfile").write_text(dockerfile)
        self.run(self.docker.build(str(folder), name, network="none", **words))
        return name

    def base(self, name: str, architecture: str = "x86_64") -> str:
        """An image with busybox for a system, imported once."""
        if name in self._bases:
            return name
        self.load(name, busybox_root(architecture), architecture)
        self._bases.add(name)
        return name

    def load(self, name: str, root: bytes, architecture: str = "x86_64") -> None:
        """An image of a root file system. (`docker import` takes it for one of this machine's architecture.)"""
        config = {
            "architecture": PLATFORM[architecture].partition("/")[2],
            "os": "linux",
            "config": {"Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"], "Cmd": ["sh"]},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(root).hexdigest()}"]},
        }
        listed = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
        files = {
            "config.json": json.dumps(config).encode(),
            "layer.tar": root,
            "manifest.json": json.dumps(listed).encode(),
        }
        made = io.BytesIO()
        with tarfile.open(fileobj=made, mode="w") as archive:
            for file, content in files.items():
                entry = tarfile.TarInfo(file)
                entry.size = len(content)
                archive.addfile(entry, io.BytesIO(content))
        self.run(Command((self.client, "load"), made.getvalue()))

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._log.close()
        for line in reversed(Path("/proc/mounts").read_text().splitlines()):
            if line.split()[1].startswith(str(self.folder)):
                subprocess.run(["umount", "-l", line.split()[1]], check=False)
        shutil.rmtree(self.folder, ignore_errors=True)


class LocalHost:
    """geos.builder.host.Host without a way in: this machine, as its user."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.said: list[Command] = []
        """Every command, for tests that look for secrets."""

    @property
    def name(self) -> str:
        return "here"

    def run(
        self,
        command: Command,
        *,
        on_chunk: Callable[[bytes], None] | None = None,
        timeout_seconds: float = 60.0,
        check: bool = True,
    ) -> Output:
        self.said.append(command)
        output = self._engine.run(command, check=check)
        if on_chunk:
            on_chunk(output.out)
        return output

    def send(self, command: Command, chunks: Iterable[bytes], *, timeout_seconds: float = 60.0) -> Output:
        return self.run(Command(command.words, b"".join(chunks)))

    def close(self) -> None:
        return


def busybox_root(architecture: str) -> bytes:
    """A root file system as a tar stream. Raises Missing."""
    binary = busybox(architecture)
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for folder in ("bin", "tmp", "etc", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(folder)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o777 if folder == "tmp" else 0o755
            archive.addfile(entry)
        entry = tarfile.TarInfo("bin/busybox")
        entry.mode, entry.size = 0o755, len(binary)
        archive.addfile(entry, io.BytesIO(binary))
        for applet in _APPLETS:
            entry = tarfile.TarInfo(f"bin/{applet}")
            entry.type, entry.linkname = tarfile.SYMTYPE, "busybox"
            archive.addfile(entry)
    return made.getvalue()


def busybox(architecture: str) -> bytes:
    """The static program. For another architecture than this machine's it is fetched from Debian, once."""
    if architecture == "x86_64":
        return Path(require("busybox", "busybox-static")).read_bytes()
    require("qemu-aarch64-static", "qemu-user-static")
    place = Path(tempfile.gettempdir()) / f"geos-test-cache-{os.geteuid()}" / f"busybox-{architecture}"
    if not place.exists():
        place.parent.mkdir(mode=0o700, exist_ok=True)
        found = _fetched_busybox(architecture)
        partial = place.with_suffix(f".{os.getpid()}")
        partial.write_bytes(found)
        partial.replace(place)
    return place.read_bytes()


def emulate(architecture: str) -> None:
    """Let this machine run arm64 programs. Kernel-wide, and it stays. Raises Missing."""
    require("update-binfmts", "binfmt-support")
    if Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists():
        return
    with contextlib.suppress(OSError):
        if not Path("/proc/sys/fs/binfmt_misc/register").exists():
            subprocess.run(["mount", "-t", "binfmt_misc", "binfmt_misc", "/proc/sys/fs/binfmt_misc"], check=False)
    subprocess.run(["update-binfmts", "--enable", "qemu-aarch64"], check=False, capture_output=True)
    if not Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists():
        raise Missing(f"this kernel cannot be taught to run {architecture} programs (binfmt_misc)")


def _fetched_busybox(architecture: str) -> bytes:
    require("apt-get", "apt")
    with tempfile.TemporaryDirectory(prefix="geos-busybox-") as name:
        folder = Path(name)
        for below in ("lists/partial", "cache/archives/partial"):
            (folder / below).mkdir(parents=True)
        (folder / "status").touch()
        debian = {"arm64": "arm64"}[architecture]
        options = [f"APT::Architecture={debian}", f"APT::Architectures::={debian}", f"Dir::State::lists={folder}/lists"]
        options += [f"Dir::Cache={folder}/cache", f"Dir::State::status={folder}/status", "APT::Sandbox::User=root"]
        words = [word for option in options for word in ("-o", option)]
        for verb in (["update"], ["download", "busybox-static"]):
            done = subprocess.run(["apt-get", "-qq", *words, *verb], cwd=folder, capture_output=True, text=True)
            if done.returncode:
                raise Missing(f"busybox for {architecture} cannot be fetched from Debian: {done.stderr[-300:]}")
        (package,) = folder.glob("busybox-static*.deb")
        subprocess.run(["dpkg-deb", "-x", str(package), str(folder / "root")], check=True)
        return (folder / "root" / "bin" / "busybox").read_bytes()
