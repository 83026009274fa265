"""AWS's own files: what is read from them, and that a key is added and nothing replaced."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from geos.wizard.aws.profiles import ProfileFact, ambient, profiles, store_key
from geos.wizard.errors import UsageError


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    return tmp_path


def test_without_files_there_are_no_profiles(files: Path) -> None:
    assert profiles() == ()


def test_profiles_tell_how_they_get_their_credentials(files: Path) -> None:
    (files / "config").write_text(
        "[profile lab]\nrole_arn = arn:aws:iam::123456789012:role/lab\nsource_profile = default\nregion = eu-west-1\n"
        "[profile org]\nsso_session = org\nsso_account_id = 123456789012\nsso_role_name = user\n"
        "[sso-session org]\nsso_start_url = https://org.awsapps.com/start\nsso_region = us-east-1\n"
        "[profile tool]\ncredential_process = tool\n"
        "[profile bare]\nregion = us-east-1\n"
        "[default]\nregion = us-west-2\n"
    )
    (files / "credentials").write_text("[default]\naws_access_key_id = A\naws_secret_access_key = B\n")
    assert profiles() == (
        ProfileFact("default", "access key", "us-west-2"),
        ProfileFact("lab", "assumed role", "eu-west-1"),
        ProfileFact("org", "SSO login", ""),
        ProfileFact("tool", "external program", ""),
    )


def test_files_that_cannot_be_read_are_named(files: Path) -> None:
    (files / "config").write_text("no section\n")
    with pytest.raises(UsageError) as e:
        profiles()
    assert "config" in e.value.hint


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({}, ""),
        ({"AWS_ACCESS_KEY_ID": "A"}, "access key in the environment variables"),
        ({"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/x"}, "role of this container"),
    ],
)
def test_credentials_without_a_profile(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    assert ambient(environ, tmp_path / "none") == words


def test_an_instance_is_known_by_its_maker(tmp_path: Path) -> None:
    (tmp_path / "vendor").write_text("Amazon EC2\n")
    assert ambient({}, tmp_path / "vendor") == "role of this instance"
    assert ambient({"AWS_EC2_METADATA_DISABLED": "true"}, tmp_path / "vendor") == ""


def test_a_key_is_added_for_its_owner_only(files: Path) -> None:
    (files / "credentials").write_text("# mine\n[old]\naws_access_key_id = A\naws_secret_access_key = B")
    store_key("new", "eu-north-1", "AKIA1234567890123456", "s/e+c")
    told = (files / "credentials").read_text()
    assert told.startswith("# mine\n[old]\naws_access_key_id = A\naws_secret_access_key = B\n\n[new]\n")
    assert stat.S_IMODE((files / "credentials").stat().st_mode) == 0o600
    assert ProfileFact("new", "access key", "eu-north-1") in profiles()


def test_a_profile_that_is_there_is_never_replaced(files: Path) -> None:
    before = "[default]\naws_access_key_id = A\naws_secret_access_key = B\n"
    (files / "credentials").write_text(before)
    with pytest.raises(UsageError):
        store_key("default", "us-east-1", "AKIA1234567890123456", "secret")
    assert (files / "credentials").read_text() == before


@pytest.mark.parametrize("name", ["a]\nb", "[x", "two\nlines"])
def test_a_name_cannot_open_another_section(files: Path, name: str) -> None:
    with pytest.raises(UsageError):
        store_key(name, "us-east-1", "A", "B")
    assert not (files / "credentials").exists()
