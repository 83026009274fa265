"""What is sent to a host: by Docker's rules, links and modes kept, only what changed, nothing from outside."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from parts.link import link
from parts.sshd import Sshd, needs_sshd

from geos.builder.commands import script
from geos.builder.context.ignore import Ignore, read_ignore
from geos.builder.context.scan import Entry, from_text, given, scan, to_text
from geos.builder.context.upload import HEAD_BYTES, difference, pays, upload
from geos.builder.errors import BadContext, HostLost
from geos.builder.ssh import SshHost, connect


@pytest.mark.parametrize(
    ("patterns", "out", "kept"),
    [
        ("*.log", ["a.log"], ["a/b.log", "a.logs"]),
        ("**/*.log", ["a.log", "a/b.log", "a/b/c.log"], ["a.txt"]),
        ("node_modules", ["node_modules", "node_modules/a/b"], ["a/node_modules"]),
        ("/build/", ["build", "build/x"], ["a/build"]),
        ("a/**", ["a/b", "a/b/c"], ["a", "b"]),
        ("a/**/z", ["a/z", "a/b/z", "a/b/c/z"], ["a/b"]),
        ("temp?", ["temp1", "tempx"], ["temp", "temp12"]),
        ("[a-c].txt", ["a.txt", "c.txt"], ["d.txt"]),
        ("[^a].txt", ["b.txt"], ["a.txt"]),
        (r"\*.txt", ["*.txt"], ["a.txt"]),
        ("*.md\n!README.md", ["a.md"], ["README.md"]),
        ("*.md\n!README*.md\nREADME-secret.md", ["a.md", "README-secret.md"], ["README.md", "README-x.md"]),
        ("docs\n!docs/keep", ["docs/a"], ["docs/keep", "docs/keep/x"]),
        ("# a comment\n\n  spaced  \n.", ["spaced"], ["a"]),
        ("a/../b", ["b"], ["a"]),
    ],
)
def test_the_rules_are_dockers(patterns: str, out: list[str], kept: list[str]) -> None:
    ignore = read_ignore(patterns)
    assert [p for p in out if not ignore.leaves_out(p)] == []
    assert [p for p in kept if ignore.leaves_out(p)] == []


@pytest.mark.parametrize("text", ["[a", "!"])
def test_what_is_no_pattern_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        read_ignore(text)


@for_all(st.text(max_size=40), st.lists(st.text(alphabet="ab/.*!", min_size=1, max_size=8), max_size=4))
def test_any_text_gives_rules_or_a_reason(text: str, paths: list[str]) -> None:
    try:
        ignore = read_ignore(text)
    except ValueError:
        return
    for path in paths:
        assert ignore.leaves_out(path) in (True, False)
    assert not Ignore().leaves_out("anything")


@for_all(
    st.dictionaries(
        st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12),
        st.builds(Entry, st.sampled_from("fld"), st.integers(0, 0o7777), st.integers(0, 2**40), st.just("1")),
        max_size=8,
    )
)
def test_a_manifest_reads_back_as_it_was_written(entries: dict[str, Entry]) -> None:
    assert from_text(to_text(entries)) == entries


def filled(root: Path) -> Path:
    (root / "src").mkdir(parents=True)
    (root / "Dockerfile").write_text("FROM scratch\n")
    (root / ".dockerignore").write_text("*.log\nDockerfile\nsecret\n")
    (root / "src/run.sh").write_text("#!/bin/sh\n")
    (root / "src/run.sh").chmod(0o755)
    (root / "src/-dash name\n").write_text("odd")
    (root / "big.log").write_text("left out")
    (root / "secret").mkdir()
    (root / "secret/key").write_text("left out")
    (root / "outside").symlink_to("/etc/passwd")
    return root


def test_what_is_sent_is_what_docker_would_send(tmp_path: Path) -> None:
    found = scan(filled(tmp_path / "c")).entries
    assert set(found) == {".dockerignore", "Dockerfile", "outside", "src", "src/run.sh", "src/-dash name\n"}
    assert found["outside"].kind == "l"
    assert found["src/run.sh"].mode == 0o755


def test_a_dockerfile_may_have_rules_of_its_own(tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    (root / "Dockerfile.dockerignore").write_text("src\n")
    assert "src/run.sh" not in scan(root).entries
    assert "big.log" in scan(root).entries


def test_a_folder_is_sent_when_only_something_in_it_was_taken_back(tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    (root / ".dockerignore").write_text("src\n!src/run.sh\n")
    found = list(scan(root).entries)
    assert found.index("src") < found.index("src/run.sh")
    assert "src/-dash name\n" not in found


def test_what_cannot_be_sent_is_named(tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "run.socket"))
        os.mkfifo(root / "pipe")
        with pytest.raises(BadContext, match=r"pipe is neither .*run\.socket is neither"):
            scan(root)


@for_all(
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("12"), max_size=6),
    st.dictionaries(st.sampled_from("abcdef"), st.sampled_from("123"), max_size=6),
)
def test_a_difference_turns_one_into_the_other(before: dict[str, str], now: dict[str, str]) -> None:
    old = {path: Entry("f", 0o644, 1, stamp) for path, stamp in before.items()}
    new = {path: Entry("l" if stamp == "3" else "f", 0o644, 1, stamp) for path, stamp in now.items()}
    found = difference(old, new)
    after = {path: entry for path, entry in old.items() if path not in found.removed}
    after.update({path: new[path] for path in found.changed})
    assert after == new


# --- onto a real host ------------------------------------------------------------------------


def folder_on(server: Sshd) -> str:
    return str(server.home / "context")


def there(server: Sshd) -> dict[str, str]:
    """Path -> content, link target or "/" on the host."""
    root = Path(folder_on(server))
    found = {}
    for path in sorted(root.rglob("*")):
        content = "/" if path.is_dir() and not path.is_symlink() else ""
        content = content or (f"-> {path.readlink()}" if path.is_symlink() else path.read_text())
        found[str(path.relative_to(root))] = content
    return found


@needs_sshd
def test_a_folder_arrives_as_it_is(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    sent = upload(host, scan(filled(tmp_path / "c")), folder_on(server), tmp_path / "memory")
    assert there(server) == {
        ".dockerignore": "*.log\nDockerfile\nsecret\n",
        "Dockerfile": "FROM scratch\n",
        "outside": "-> /etc/passwd",
        "src": "/",
        "src/-dash name\n": "odd",
        "src/run.sh": "#!/bin/sh\n",
    }
    assert (server.home / "context/src/run.sh").stat().st_mode & 0o777 == 0o755
    assert (sent.files, sent.unchanged) == (6, 0)


@needs_sshd
def test_only_what_changed_is_sent_again(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    upload(host, scan(root), folder_on(server), tmp_path / "memory")
    assert upload(host, scan(root), folder_on(server), tmp_path / "memory").sent_bytes == 0
    (root / "src/run.sh").write_text("#!/bin/sh\nexit 1\n")
    (root / "outside").unlink()
    (root / "outside").mkdir()
    (root / "outside/now a folder").write_text("x")
    (root / "src/-dash name\n").unlink()
    sent = upload(host, scan(root), folder_on(server), tmp_path / "memory")
    assert there(server)["src/run.sh"] == "#!/bin/sh\nexit 1\n"
    assert there(server)["outside/now a folder"] == "x"
    assert "src/-dash name\n" not in there(server)
    assert sent.files == 3


@needs_sshd
def test_a_file_whose_time_was_set_back_is_sent_again(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    upload(host, scan(root), folder_on(server), tmp_path / "memory")
    changed = root / "src/run.sh"
    before = changed.stat()
    changed.write_text("#!/bin/ks\n")
    os.utime(changed, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert upload(host, scan(root), folder_on(server), tmp_path / "memory").files == 1
    assert there(server)["src/run.sh"] == "#!/bin/ks\n"


@needs_sshd
@pytest.mark.parametrize("spoiled", ["memory", "digest"])
def test_when_both_sides_do_not_agree_all_is_sent(server: Sshd, host: SshHost, tmp_path: Path, spoiled: str) -> None:
    root = filled(tmp_path / "c")
    upload(host, scan(root), folder_on(server), tmp_path / "memory")
    place = tmp_path / "memory" if spoiled == "memory" else server.home / "context.digest"
    place.write_text("something else")
    (server.home / "context/stranger").write_text("must go")
    assert upload(host, scan(root), folder_on(server), tmp_path / "memory").files == 6
    assert "stranger" not in there(server)


@needs_sshd
def test_files_in_memory_arrive_too(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    context = given({"Dockerfile": b"FROM scratch\n", "job/run.py": b"pass\n"}, executable=["job/run.py"])
    upload(host, context, folder_on(server), tmp_path / "memory")
    assert there(server) == {"Dockerfile": "FROM scratch\n", "job": "/", "job/run.py": "pass\n"}
    assert upload(host, context, folder_on(server), tmp_path / "memory").files == 0


@needs_sshd
def test_a_stream_that_breaks_is_not_taken_for_whole(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    (root / "big").write_bytes(os.urandom(30_000_000))
    (root / "bigger").write_bytes(os.urandom(30_000_000))

    def cut(sent_bytes: int) -> None:
        if sent_bytes > 20_000_000:
            server.stop()

    with pytest.raises(HostLost):
        upload(host, scan(root), folder_on(server), tmp_path / "memory", tell=cut)
    assert not (server.home / "context.digest").exists()
    server.start()
    again = connect(server.address, server.login)
    assert upload(again, scan(root), folder_on(server), tmp_path / "memory").unchanged == 0
    assert (server.home / "context/bigger").read_bytes() == (root / "bigger").read_bytes()


@needs_sshd
def test_a_file_that_goes_away_in_the_middle_is_told(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = filled(tmp_path / "c")
    context = scan(root)
    (root / "src/run.sh").unlink()
    with pytest.raises(BadContext, match="changed while it was sent"):
        upload(host, context, folder_on(server), tmp_path / "memory")
    assert host.run(script('cat "$1"', f"{folder_on(server)}.digest"), check=False).status != 0


@for_all(st.floats(1e3, 1e10), st.floats(1e3, 1e10), st.floats(0.0, 1.1))
def test_packing_has_to_pay(link_speed: float, compressor: float, ratio: float) -> None:
    if pays(link_speed, compressor, ratio):
        size = 1e9
        assert max(size / compressor, size * ratio / link_speed) < size / link_speed


@needs_sshd
@pytest.mark.parametrize(
    ("bytes_per_second", "content", "packed"),
    [(4e6, "text", True), (4e6, "noise", False)],
)
def test_what_is_sent_is_packed_where_the_line_is_slower_than_the_compressor(
    server: Sshd, tmp_path: Path, bytes_per_second: float, content: str, packed: bool
) -> None:
    root = filled(tmp_path / "c")
    size = 12_000_000
    (root / "big").write_bytes(os.urandom(size) if content == "noise" else b"0123456789 abcdef\n" * (size // 18))
    with link(server.address, bytes_per_second=bytes_per_second) as line:
        host = connect(line.address, server.login)
        sent = upload(host, scan(root), folder_on(server), tmp_path / "memory")
        host.close()
    assert sent.packed is packed
    assert (sent.sent_bytes < size / 2) is packed
    assert line.carried_bytes >= sent.sent_bytes
    assert (server.home / "context/big").read_bytes() == (root / "big").read_bytes()


@needs_sshd
@pytest.mark.parametrize("size", [0, 1, HEAD_BYTES - 5000, HEAD_BYTES, HEAD_BYTES + 1, 2 * HEAD_BYTES])
def test_contexts_around_the_size_of_the_head_arrive_whole(
    server: Sshd, host: SshHost, tmp_path: Path, size: int
) -> None:
    root = tmp_path / "c"
    root.mkdir()
    (root / "one").write_bytes(os.urandom(size))
    upload(host, scan(root), folder_on(server), tmp_path / "memory")
    assert (server.home / "context/one").read_bytes() == (root / "one").read_bytes()


@needs_sshd
@pytest.mark.slow
@pytest.mark.skipif("GEOS_LARGE" not in os.environ, reason="NOT TRIED: 4 GB of disk; GEOS_LARGE=1 asks for it")
def test_two_gigabytes_take_no_memory_to_send(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = tmp_path / "c"
    root.mkdir()
    block = os.urandom(1 << 20)
    with (root / "big").open("wb") as file:
        for _ in range(2048):
            file.write(block)
    before = peak = resident_mb()

    def watch(sent_bytes: int) -> None:
        nonlocal peak
        peak = max(peak, resident_mb())

    sent = upload(host, scan(root), folder_on(server), tmp_path / "memory", tell=watch)
    assert (server.home / "context/big").stat().st_size == 2 << 30
    assert sent.files == 1
    assert peak - before < 60


@needs_sshd
def test_fifty_thousand_files(server: Sshd, host: SshHost, tmp_path: Path) -> None:
    root = tmp_path / "c"
    for folder in range(100):
        (root / str(folder)).mkdir(parents=True)
        for name in range(500):
            (root / f"{folder}/{name}").write_text(f"{folder} {name}")
    assert upload(host, scan(root), folder_on(server), tmp_path / "memory").files == 50_100
    (root / "99/499").write_text("changed")
    (root / "99/498").unlink()
    again = upload(host, scan(root), folder_on(server), tmp_path / "memory")
    assert (again.files, again.unchanged) == (1, 50_098)
    assert (server.home / "context/99/499").read_text() == "changed"
    assert not (server.home / "context/99/498").exists()


def resident_mb() -> float:
    """Of this process, now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
