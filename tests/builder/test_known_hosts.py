"""A public host key out of a file: the line that speaks of the host, whatever else stands there."""

from __future__ import annotations

import base64
import subprocess
import tempfile
from pathlib import Path

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st
from parts.sshd import needs_sshd

from geos.builder.errors import HostKeyWrong
from geos.builder.known_hosts import KINDS, host_key_of

HOST = "build.example.org"
_HEAD = b"\0\0\0\x0bssh-ed25519\0\0\0\x20"
OURS, OTHER = (f"ssh-ed25519 {base64.b64encode(_HEAD + bytes([n] * 32)).decode()}" for n in (1, 2))


def read(text: str, folder: Path, host: str = HOST, port: int = 22) -> str:
    place = folder / "keys"
    place.write_text(text, encoding="utf-8")
    return host_key_of(place, host, port)


@pytest.mark.parametrize(
    "text",
    [
        f"{OURS} root@build",
        f"{HOST} {OURS}",
        f"# a comment\n\nother.example.org {OTHER}\n{HOST},203.0.113.7 {OURS} comment\n",
        f"*.example.org,!other.example.org {OURS}",
        f"build.example.??? {OURS}",
        f"Build.Example.org {OURS}",
        f"@cert-authority *.example.org {OTHER}\n{HOST} {OURS}",
        f"@revoked * {OTHER}\n{HOST} {OTHER}\n{HOST} {OURS}",
        f"{HOST} ssh-dss AAAAB3Nz\n{HOST} {OURS}",
        f"{HOST} ssh-rsa AAAAB3Nz\n{HOST} {OURS}",
    ],
)
def test_the_key_of_the_host_is_found(text: str, tmp_path: Path) -> None:
    assert read(text, tmp_path) == OURS


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ssh-ed25519",
        f"other.example.org {OTHER}",
        f"!{HOST},*.example.org {OTHER}",
        f"*.example.org,!{HOST} {OTHER}",
        f"[{HOST}]:2222 {OTHER}",
        f"@revoked {HOST} {OTHER}\n{HOST} {OTHER}",
        f"|1|not-hashed|at-all {OTHER}",
        f"|1|short {OTHER}",
        f"{HOST} ssh-dss AAAAB3Nz",
    ],
)
def test_the_key_of_another_is_not_taken(text: str, tmp_path: Path) -> None:
    with pytest.raises(HostKeyWrong, match=r"no public key for build\.example\.org at port 22") as caught:
        read(text, tmp_path)
    assert "ssh-keyscan" in caught.value.hint


def test_a_port_of_its_own_has_a_line_of_its_own(tmp_path: Path) -> None:
    text = f"{HOST} {OTHER}\n[{HOST}]:2222,[203.0.113.7]:2222 {OURS}\n"
    assert read(text, tmp_path, port=2222) == OURS
    assert read(text, tmp_path, host="203.0.113.7", port=2222) == OURS
    assert read(text, tmp_path) == OTHER
    assert read(f"[2001:db8::7]:2222 {OURS}", tmp_path, host="2001:db8::7", port=2222) == OURS


@needs_sshd
@pytest.mark.parametrize("port", [22, 2222])
def test_names_that_openssh_hashed_are_found(tmp_path: Path, port: int) -> None:
    place = tmp_path / "known_hosts"
    name = HOST if port == 22 else f"[{HOST}]:{port}"
    place.write_text(f"other.example.org {OTHER}\n{name} {OURS}\n")
    subprocess.run(["ssh-keygen", "-H", "-f", str(place)], check=True, capture_output=True)
    assert HOST not in place.read_text()
    assert host_key_of(place, HOST, port) == OURS
    with pytest.raises(HostKeyWrong):
        host_key_of(place, "third.example.org", port)


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    for place in (tmp_path / "missing", tmp_path, tmp_path / "binary"):
        with pytest.raises(HostKeyWrong, match="cannot be read"):
            host_key_of(place, HOST, 22)


_words = st.one_of(
    st.sampled_from([*KINDS, HOST, f"[{HOST}]:22", "|1|a|b", "@revoked", "!*", "*", "#", OURS]), st.text()
)


@for_all(st.lists(st.lists(_words, max_size=5).map(" ".join), max_size=5).map("\n".join), st.sampled_from([22, 2222]))
def test_any_text_gives_a_key_or_a_reason(text: str, port: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "keys"
        place.write_text(text, encoding="utf-8", errors="replace")
        try:
            kind, _, data = host_key_of(place, HOST, port).partition(" ")
        except HostKeyWrong:
            return
        assert kind in KINDS
        assert data in text
