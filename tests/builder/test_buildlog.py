"""The lines are those that engines, registries, dnf, curl, git and gcc really print."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder import errors
from geos.builder.buildlog import StepMark, build_failure, push_failure, step_of

BUILD = {
    errors.NoSpaceLeft: [
        "write /var/lib/docker/tmp/GetImageBlob1234: no space left on device",
        "tar: ./usr/lib64/libfoo.so: Cannot write: No space left on device",
        "   installing package gcc-11.5.0-5.el9.x86_64 needs 93MB more space on the / filesystem",
        "f951: fatal error: error writing to /tmp/ccX.s: No space left on device",
    ],
    errors.PullLimitReached: [
        "toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and "
        "upgrading: https://www.docker.com/increase-rate-limit",
        "toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-"
        "limit",
        "ERROR: failed to copy: httpReadSeeker: failed open: unexpected status code https://registry-1.docker.io/v2/"
        "rockylinux/rockylinux/manifests/sha256:ab: 429 Too Many Requests - Server message: toomanyrequests",
    ],
    errors.DownloadFailed: [
        "Curl error (6): Couldn't resolve host name for https://mirrors.rockylinux.org/mirrorlist",
        "Error: Failed to download metadata for repo 'appstream': Cannot prepare internal mirrorlist",
        "fatal: unable to access 'https://github.com/geoschem/GCClassic/': Could not resolve host: github.com",
        'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host',
        'Get "https://registry-1.docker.io/v2/": net/http: TLS handshake timeout',
        'Get "https://registry-1.docker.io/v2/": dial tcp 34.205.13.154:443: i/o timeout',
        'Get "https://registry-1.docker.io/v2/": dial tcp 127.0.0.1:443: connect: connection refused',
        "curl: (7) Failed to connect to github.com port 443 after 3 ms: Connection refused",
        'failed to do request: Head "https://registry-1.docker.io/v2/": context deadline exceeded',
        "W: Failed to fetch http://deb.debian.org/debian/  Temporary failure resolving 'deb.debian.org'",
    ],
    errors.OutOfMemory: [
        "gfortran: fatal error: Killed signal terminated program f951",
        "The command '/bin/sh -c make -j' returned a non-zero code: 137",
        'ERROR: process "/bin/sh -c make" did not complete successfully: exit code: 137',
        "cc1plus: out of memory allocating 65536 bytes after a total of 1867776 bytes",
        "virtual memory exhausted: Cannot allocate memory",
    ],
    errors.WrongArchitecture: [
        "exec /bin/sh: exec format error",
        "standard_init_linux.go:228: exec user process caused: exec format error",
        "no match for platform in manifest: not found",
        "no matching manifest for linux/arm64/v8 in the manifest list entries",
    ],
    errors.BaseImageMissing: [
        "manifest for rockylinux/rockylinux:99 not found: manifest unknown: manifest unknown",
        "pull access denied for nothere, repository does not exist or may require 'docker login': denied",
        "ERROR: nothere:1: failed to resolve source metadata for docker.io/library/nothere:1: not found",
    ],
    errors.ImageBuildFailed: [
        "The command '/bin/sh -c make' returned a non-zero code: 2",
        "dockerfile parse error line 3: unknown instruction: RNU",
        "COPY failed: file not found in build context or excluded by .dockerignore: stat foo: file does not exist",
        "src/GeosCore/main.F90:12:3: Error: Symbol 'x' at (1) has no IMPLICIT type",
    ],
}
PUSH = {
    errors.TagTaken: [
        "tag invalid: The image tag '1' already exists in the 'r' repository and cannot be overwritten because the "
        "repository is immutable.",
        "tag invalid: The image tag '1' already exists in the 'r' repository and cannot be overwritten because the tag "
        "is immutable.",
    ],
    errors.RepositoryMissing: [
        "name unknown: The repository with name 'nope' does not exist in the registry with id '123456789012'",
    ],
    errors.RegistryLoginRefused: [
        "denied: Your authorization token has expired. Reauthenticate and try again.",
        "no basic auth credentials",
        "Error response from daemon: login attempt to https://r/v2/ failed with status: 400 Bad Request",
        "unauthorized: authentication required",
        "denied: User: arn:aws:iam::123456789012:user/ana is not authorized to perform: ecr:InitiateLayerUpload on "
        "resource: arn:aws:ecr:us-east-1:123456789012:repository/r because no identity-based policy allows it",
    ],
    errors.NoSpaceLeft: ["write /var/lib/docker/tmp/docker-export-1/layer.tar: no space left on device"],
    errors.PushFailed: [
        "received unexpected HTTP status: 500 Internal Server Error",
        "EOF",
        'Put "https://r/v2/geos/blobs/uploads/1": write tcp 10.0.0.1:5->52.1.1.1:443: write: connection reset by peer',
    ],
}


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in BUILD.items() for line in lines])
def test_why_a_build_ended(kind: type[errors.BuildError], line: str) -> None:
    found = build_failure(f"Step 3/9 : RUN x\n{line}\n\n")
    assert type(found) is kind
    assert line.strip()[:40] in found.message
    assert found.hint


@pytest.mark.parametrize(("kind", "line"), [(kind, line) for kind, lines in PUSH.items() for line in lines])
def test_why_a_push_ended(kind: type[errors.BuildError], line: str) -> None:
    found = push_failure(f"5ad6ae9c8d58: Preparing\r\n{line}\n")
    assert type(found) is kind
    assert line[:40] in found.message


def test_what_was_retried_with_success_is_not_the_cause() -> None:
    early = "curl: (7) Failed to connect to github.com port 443 after 3 ms: Connection refused\n"
    said = early + "retry 2 of 3\n" + "compiling\n" * 100 + "Error: Symbol 'x' has no IMPLICIT type\n"
    assert type(build_failure(said)) is errors.ImageBuildFailed
    assert type(build_failure(early + "gfortran: fatal error: Killed signal terminated program f951\n")) is (
        errors.OutOfMemory
    )


@given(st.text())
def test_any_output_has_a_cause_or_none(said: str) -> None:
    for error in (build_failure(said), push_failure(said)):
        assert error.message
        assert error.hint


def test_no_output() -> None:
    assert "said nothing" in build_failure("").message


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("Step 7/12 : RUN make -j4", StepMark(7, 12, "RUN make -j4")),
        ("#8 [2/5] RUN dnf -y install gcc\r\n", StepMark(2, 5, "RUN dnf -y install gcc")),
        ("#12 [model 3/4] COPY build-model.sh /opt/", StepMark(3, 4, "COPY build-model.sh /opt/", "model")),
        ("#3 [internal] load metadata for docker.io/library/debian:12", None),
        ("#8 0.412 [2/5] compiling", None),
        (" ---> Running in 02dadf8a007e", None),
        ("Step by step", None),
    ],
)
def test_steps(line: str, mark: StepMark | None) -> None:
    assert step_of(line) == mark
