from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geos.builder.index import index_over
from geos.wizard.aws.ecr_facts import DOCKER_LIST, DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, Manifest


def image(name: str, kind: str = DOCKER_MANIFEST) -> Manifest:
    return Manifest(json.dumps({"schemaVersion": 2, "mediaType": kind, "config": {"digest": name}}), kind)


def attested(name: str) -> tuple[Manifest, list[str]]:
    """As buildx pushes one image: an index over it and its attestation."""
    inside = [image(name, OCI_MANIFEST), image(f"{name}-attestation", OCI_MANIFEST)]
    entries = [
        {"mediaType": OCI_MANIFEST, "digest": inside[0].digest, "size": 9, "platform": {"architecture": "arm64"}},
        {
            "mediaType": OCI_MANIFEST,
            "digest": inside[1].digest,
            "size": 9,
            "platform": {"architecture": "unknown", "os": "unknown"},
            "annotations": {"vnd.docker.reference.digest": inside[0].digest},
        },
    ]
    text = json.dumps({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": entries})
    return Manifest(text, OCI_INDEX), [m.digest for m in inside]


def test_two_images() -> None:
    arm, intel = image("a"), image("b")
    made = index_over({"x86_64": intel, "arm64": arm})
    said = json.loads(made.text)
    assert (made.media_type, said["mediaType"], said["schemaVersion"]) == (DOCKER_LIST, DOCKER_LIST, 2)
    assert said["manifests"] == [
        {
            "mediaType": DOCKER_MANIFEST,
            "digest": arm.digest,
            "size": len(arm.text),
            "platform": {"architecture": "arm64", "os": "linux"},
        },
        {
            "mediaType": DOCKER_MANIFEST,
            "digest": intel.digest,
            "size": len(intel.text),
            "platform": {"architecture": "amd64", "os": "linux"},
        },
    ]


def test_what_is_an_index_already_is_merged() -> None:
    arm, inside = attested("a")
    intel = image("b")
    made = index_over({"arm64": arm, "x86_64": intel})
    assert made.media_type == OCI_INDEX
    entries = json.loads(made.text)["manifests"]
    assert [entry["digest"] for entry in entries] == [*inside, intel.digest]
    assert entries[1]["annotations"] == {"vnd.docker.reference.digest": inside[0]}


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        (DOCKER_MANIFEST, DOCKER_MANIFEST, DOCKER_LIST),
        (OCI_MANIFEST, OCI_MANIFEST, OCI_INDEX),
        (DOCKER_MANIFEST, OCI_MANIFEST, OCI_INDEX),
    ],
)
def test_kinds(one: str, other: str, kind: str) -> None:
    assert index_over({"arm64": image("a", one), "x86_64": image("b", other)}).media_type == kind


@given(st.permutations(["arm64", "x86_64"]), st.text(max_size=5), st.text(max_size=5))
def test_the_same_images_give_the_same_bytes(order: list[str], one: str, other: str) -> None:
    images = {"arm64": image(one), "x86_64": image(other)}
    made = index_over({architecture: images[architecture] for architecture in order})
    assert made == index_over(images)
    assert [e["digest"] for e in json.loads(made.text)["manifests"]] == list(
        dict.fromkeys([images["arm64"].digest, images["x86_64"].digest])
    )
