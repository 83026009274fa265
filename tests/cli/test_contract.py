"""What every command promises: exit codes, JSON failures, targets, answers, deployments, quiet output."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from fakes.ui import CTRL_C, ScriptedUi
from parts.commands import Done, Geos, typed
from parts.emulator import ACCOUNT, Emulator

from geos.wizard.cli import words
from geos.wizard.cli.parsing import build_parser
from geos.wizard.cli.setup import main
from geos.wizard.deployment.records import Record, Records
from geos.wizard.explanations import EXPLANATIONS

TINY = Path(__file__).parents[1] / "fixtures" / "systems" / "tiny"
PROJECT = Path(__file__).parents[2]
GEOS = [sys.executable, "-m", "geos.wizard.cli.setup"]
ESCAPE = "\x1b"
SLOW = ("check", "quotas", "plan", "deploy")
ACCOUNT_VERBS = (*SLOW, "status", "outputs", "validate", "destroy")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def geos(capsys: pytest.CaptureFixture[str]) -> Geos:
    """Run a command in this process, without a terminal; with `ui`, somebody answers."""

    return typed(main, capsys)


@pytest.fixture
def account(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> Emulator:
    """The environment points at the simulated account, as it would point at AWS."""
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    return emulator


@pytest.fixture
def answers(folder: Path) -> Path:
    path = folder / "geos.yaml"
    path.write_text(f"system: {TINY}\nproject: tiny\nowner: ana\nregion: us-east-1\n")
    return path


def record(name: str, *, sandbox: bool = False, endpoint: str = "", account_id: str = ACCOUNT) -> Path:
    records = Records(Path("geos-out"))
    records.write(Record(name, "tiny", account_id, "us-east-1", endpoint, sandbox))
    return records.path(name)


# --- one target and no other -------------------------------------------------------------------


@pytest.fixture
def trap(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An endpoint that nothing may call; what called it."""
    seen: list[str] = []

    class Trap(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen.append(self.requestline)
            self.send_error(500)

        do_GET = do_PUT = do_DELETE = do_HEAD = do_POST  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Trap)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for name, value in (("ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}"), ("PROFILE", "nobody")):
        monkeypatch.setenv(f"AWS_{name}", value)
    yield seen
    server.shutdown()
    server.server_close()


def test_sandbox_before_and_after_the_verb_reaches_nothing_else(geos: Geos, trap: list[str], answers: Path) -> None:
    try:
        for verb in ACCOUNT_VERBS:
            rest = ["--yes"] if verb == "destroy" else []
            for argv in (["--sandbox", verb, *rest], [verb, *rest, "--sandbox"])[verb in SLOW :]:
                assert geos(*argv).code in (0, 2), argv
                assert trap == [], argv
    finally:
        assert geos("sandbox", "stop").code == 0


def test_the_trap_is_one(geos: Geos, trap: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_PROFILE")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert geos("status").code == 4
    assert trap


# --- exit codes --------------------------------------------------------------------------------


def test_0_ok(geos: Geos) -> None:
    assert geos("--version").code == 0
    assert geos("explain", "GEOS-Q001").code == 0


def test_1_failed_when_the_disk_refuses(geos: Geos, account: Emulator, answers: Path, folder: Path) -> None:
    (folder / "geos-out").write_text("a file where the folder should be")
    done = geos("plan", "-o", "json")
    assert (done.code, done.error["code"]) == (1, "GEOS-D005")
    assert "geos-out" in done.error["message"]


@pytest.mark.parametrize(
    "argv",
    [
        ["nonsense"],
        ["plan", "--max-vcpus"],
        ["sandbox", "fly"],
        ["estimate", "--grid", "9x9", "--owner", "ana"],
        ["check", "--template", "nowhere.yaml"],
        ["plan", "--answers", "nowhere.yaml"],
        ["plan", "--system", "no-such-system"],
    ],
)
def test_2_usage(geos: Geos, account: Emulator, argv: list[str]) -> None:
    told = geos(*argv)
    assert told.code == 2
    assert told.err.startswith("error: ")
    assert told.out == ""
    as_json = geos(*argv, "-o", "json")
    assert (as_json.code, as_json.error["code"][:6]) == (2, "GEOS-T")


def test_a_mistyped_verb_is_told_the_nearest(geos: Geos) -> None:
    assert "deploy" in geos("deplyo", "-o", "json").error["hint"]


def test_nothing_but_the_error_is_said_of_mistyped_words() -> None:
    done = subprocess.run([*GEOS, "deplyo"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.count("not a verb") == 1
    assert done.stderr.startswith('error: "deplyo" is not a verb.')


def test_the_next_command_speaks_of_the_same_plan(geos: Geos, account: Emulator, answers: Path) -> None:
    answers.rename("mine.yaml")
    done = geos("plan", "--answers", "mine.yaml", "--greeting", "good morning", "--no-flow-logs")
    assert "geos-setup --answers mine.yaml --greeting 'good morning' --no-flow-logs deploy" in done.out


def test_3_a_check_says_no(geos: Geos, account: Emulator) -> None:
    answers = str(PROJECT / "examples" / "geos-chem-classic.yaml")
    done = geos("quotas", "--answers", answers, "-o", "json")
    assert done.code == 3
    short = [v for v in done.data if v["verdict"] == "short"]
    assert short
    assert set(short[0]) >= {
        "service", "quota_code", "name", "region", "required", "used", "applied", "value_is", "free",
        "pending_request", "verdict", "short_by", "reason",
    }  # fmt: skip


def test_4_could_not_check_without_credentials(geos: Geos) -> None:
    done = geos("status", "-o", "json")
    assert (done.code, done.error["code"]) == (4, "GEOS-A001")


@pytest.mark.parametrize("no", [False, CTRL_C, KeyboardInterrupt()])
def test_130_when_the_user_says_no(geos: Geos, account: Emulator, answers: Path, no: object) -> None:
    assert geos("deploy", ui=ScriptedUi([no])).code == 130
    assert account.calls(mutating=True) == []


# --- what AWS answers --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "code"),
    [("expired", "GEOS-A002"), ("wrong", "GEOS-A003"), ("skew", "GEOS-A006"), ("denied", "GEOS-A008")],
)
def test_faults_of_access_have_codes_of_their_own(geos: Geos, account: Emulator, fault: str, code: str) -> None:
    account.fail(fault, n=0)
    done = geos("status", "-o", "json")
    assert (done.code, done.error["code"]) == (4, code)
    assert done.error["aws_code"]
    assert done.error["hint"]


def test_nobody_at_the_endpoint(geos: Geos, account: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    assert geos("status", "-o", "json").error["code"] == "GEOS-A009"


def test_an_unknown_profile(geos: Geos) -> None:
    done = geos("status", "--profile", "nobody", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-A012")
    assert "nobody" in done.error["message"]


# --- answers -----------------------------------------------------------------------------------


def test_flag_over_environment_over_answers_over_user_file_over_default(
    geos: Geos, home: Path, answers: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    users = home / ".config" / "geos" / "config.yaml"
    users.parent.mkdir(parents=True)
    users.write_text("owner: users\ngreeting: users\naz_count: 3\nlog_retention_days: 60\n")
    with answers.open("a") as more:
        more.write("environment: staging\ngreeting: answers\naz_count: 2\n")
    monkeypatch.setenv("GEOS_ENVIRONMENT", "prod")
    monkeypatch.setenv("GEOS_GREETING", "environment")
    found = geos("config", "show", "-o", "json", "--greeting", "flag").data["settings"]
    assert [(found[k]["value"], found[k]["origin"]) for k in ("greeting", "environment", "az_count", "owner")] == [
        ("flag", "--greeting"),
        ("prod", "GEOS_ENVIRONMENT"),
        (2, "geos.yaml, line 7"),
        ("ana", "geos.yaml, line 3"),
    ]
    assert found["log_retention_days"] == {"value": 60, "origin": "~/.config/geos/config.yaml, line 4"}
    assert found["vpc_cidr"]["origin"] == "default"


def test_the_region_of_the_environment_is_overruled_by_the_flag(geos: Geos, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    region = lambda *argv: geos("config", "show", "-o", "json", *argv).data["settings"]["region"]  # noqa: E731
    assert region() == {"value": "eu-west-1", "origin": "AWS_REGION"}
    assert region("--region", "us-west-2") == {"value": "us-west-2", "origin": "--region"}


def test_the_region_of_the_profile_counts_where_nobody_gave_one(
    geos: Geos, account: Emulator, monkeypatch: pytest.MonkeyPatch, answers: Path
) -> None:
    def region(*argv: str) -> dict[str, str]:
        return dict(geos("config", "show", "-o", "json", *argv).data["settings"]["region"])

    monkeypatch.delenv("AWS_REGION")
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("[default]\nregion = eu-west-1\n[profile lab]\nregion=ap-south-1\ns3 =\n  max = 3\n")
    assert region()["value"] == "us-east-1"  # the answers file says so
    answers.unlink()
    assert region() == {"value": "eu-west-1", "origin": "profile default"}
    assert region("--profile", "lab") == {"value": "ap-south-1", "origin": "profile lab"}
    assert region("--profile", "lab", "--region", "us-west-2")["value"] == "us-west-2"
    assert region("--sandbox")["origin"] == "default"
    assert json.loads(geos("status", "-o", "json").out)["region"] == "eu-west-1"
    # A deployment's record knows its region better than the profile does.
    found = Records(Path("geos-out"))
    found.write(Record("tiny-dev", "tiny", ACCOUNT, "us-east-1", account.endpoint, False))
    account.clear()
    geos("validate", "--deployment", "tiny-dev")
    assert {c["region"] for c in account.calls()} == {"us-east-1"}
    config.write_text("not [an ini file")
    assert region()["origin"] == "default"


def test_all_faults_of_the_answers_at_once(geos: Geos, folder: Path) -> None:
    (folder / "geos.yaml").write_text("owner: ana\nmax_vcpus: lots\nregoin: us-east-1\ngrid: 4x6\n")
    done = geos("estimate")
    assert done.code == 2
    assert 'geos.yaml, line 2: max_vcpus is "lots"; a whole number from' in done.err
    assert 'geos.yaml, line 3: unknown key "regoin". Did you mean "region"?' in done.err
    assert 'geos.yaml, line 4: grid is "4x6"' in done.err
    assert "3 faults; nothing was created." in done.err
    assert geos("estimate", "-o", "json").error["message"].count("geos.yaml, line") == 3


def test_without_a_terminal_what_is_missing_is_named_with_its_flag(geos: Geos, account: Emulator) -> None:
    done = geos("--system", str(TINY), "--region", "us-east-1")
    assert done.code == 2
    assert "environment (--environment)" in " ".join(done.err.split())
    assert "--region" not in done.err, "that one is answered"
    assert account.calls(mutating=True) == []
    assert "(--environment)" in geos("-o", "json").error["message"]


def test_without_a_terminal_consent_is_asked_for_with_its_flag(geos: Geos, account: Emulator, answers: Path) -> None:
    done = geos("deploy", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-T013")
    assert "--yes" in done.error["hint"]
    assert account.calls(mutating=True) == []


# --- which deployment --------------------------------------------------------------------------


def stack(account: Emulator, name: str, environment: str) -> None:
    template = {"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": name}}}}
    tags = {"Project": "tiny", "Environment": environment, "ManagedBy": "geos"}
    account.client("cloudformation").create_stack(
        StackName=name, TemplateBody=json.dumps(template), Tags=[{"Key": k, "Value": v} for k, v in tags.items()]
    )


def test_no_deployment_at_all_is_an_empty_list(geos: Geos, account: Emulator) -> None:
    done = geos("status", "-o", "json")
    assert (done.code, done.data["deployments"]) == (0, [])
    for verb in ("outputs", "validate", "destroy"):
        assert geos(verb, "--yes", "-o", "json").error["code"] == "GEOS-T011", verb


def test_the_only_tagged_one_then_a_list_then_the_named_one(geos: Geos, account: Emulator) -> None:
    stack(account, "tiny-dev-base", "dev")
    assert geos("outputs", "-o", "json").data["deployment"] == "tiny-dev"
    stack(account, "tiny-prod-base", "prod")
    done = geos("outputs", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-T010")
    assert "tiny-dev, tiny-prod" in done.error["message"]
    assert geos("--deployment", "tiny-prod", "outputs", "-o", "json").data["deployment"] == "tiny-prod"


def test_geos_yaml_then_the_only_record(geos: Geos, account: Emulator, folder: Path) -> None:
    stack(account, "tiny-dev-base", "dev")
    stack(account, "tiny-prod-base", "prod")
    record("tiny-prod", endpoint=account.endpoint)
    assert geos("outputs", "-o", "json").data["deployment"] == "tiny-prod"
    (folder / "geos.yaml").write_text(f"system: {TINY}\nproject: tiny\nowner: ana\nregion: us-east-1\n")
    assert geos("outputs", "-o", "json").data["deployment"] == "tiny-dev"
    (folder / "geos.yaml").unlink()
    record("tiny-dev", endpoint=account.endpoint)
    assert geos("outputs", "-o", "json").error["code"] == "GEOS-T010"


@pytest.mark.parametrize("verb", ["outputs", "validate", "destroy", "plan", "deploy"])
def test_a_record_of_another_target_is_refused(geos: Geos, account: Emulator, answers: Path, verb: str) -> None:
    record("tiny-dev", sandbox=True, endpoint="http://127.0.0.1:1")
    done = geos(verb, "--yes", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-T009")
    assert "--sandbox" in done.error["hint"]
    record("tiny-dev", endpoint=account.endpoint, account_id="111122223333")
    assert "111122223333" in geos(verb, "--yes", "-o", "json").error["message"]
    assert account.calls(mutating=True) == []


@pytest.mark.parametrize("damage", [lambda t: t[: len(t) // 2], lambda t: t.replace("us-east-1", "us-west-2")])
@pytest.mark.parametrize("verb", ["outputs", "destroy", "deploy"])
def test_a_damaged_record_is_never_acted_upon(
    geos: Geos, account: Emulator, answers: Path, verb: str, damage: Callable[[str], str]
) -> None:
    path = record("tiny-dev", endpoint=account.endpoint)
    path.write_text(damage(path.read_text()))
    done = geos(verb, "--yes", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-T012")
    assert str(path) in done.error["message"]
    assert account.calls(mutating=True) == []
    assert geos("status", "-o", "json").code == 0, "status shows what there is all the same"


# --- nothing is created unseen -------------------------------------------------------------------


def test_COM_V_2_before_it_asks_deploy_says_what_it_costs_and_what_could_stop_it(
    geos: Geos, account: Emulator, answers: Path
) -> None:
    done = geos("deploy")
    assert (done.code, account.calls(mutating=True)) == (2, [])
    assert "Idle 0 USD a month" in done.out
    assert "✓ permissions" in done.out
    assert "✓ region" in done.out


def test_COM_V_2_what_a_region_lacks_stops_deploy_before_anything_exists(
    geos: Geos, account: Emulator, folder: Path
) -> None:
    system = folder / "tiny"
    shutil.copytree(TINY, system)
    template = system / "base.json.j2"
    budget = """"Resources": {"Budget": {"Type": "AWS::Budgets::Budget", "Properties": {"Budget": {
        "BudgetType": "COST", "TimeUnit": "MONTHLY", "BudgetLimit": {"Amount": 5, "Unit": "USD"}}}},"""
    template.write_text(template.read_text().replace('"Resources": {', budget, 1))
    (folder / "geos.yaml").write_text(f"system: {system}\nproject: tiny\nowner: ana\nregion: eu-north-1\n")
    done = geos("deploy", "--region", "eu-north-1", "--yes", "-o", "json")
    assert (done.code, done.error["code"]) == (3, "GEOS-D010")
    assert "eu-north-1 lacks AWS::Budgets::Budget" in done.error["message"]
    assert account.calls(mutating=True) == []


def test_COM_P_5_subnets_that_lead_nowhere_are_told_before_jobs_wait_for_ever(
    geos: Geos, account: Emulator, answers: Path
) -> None:
    ec2 = account.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    done = geos("check", "--vpc-mode", "existing", "--vpc-id", vpc, "--subnet-ids", subnet, "-o", "json")
    assert done.code == 3
    (told,) = done.data["network"]
    assert told.startswith(f"{subnet}: no route leads out")


# --- what only looks changes nothing -----------------------------------------------------------


def test_what_only_looks_makes_no_mutating_call(geos: Geos, account: Emulator, answers: Path) -> None:
    before = account.inventory()
    foreign = ["--template", str(PROJECT / "examples" / "foreign-template.yaml"), "--parameters", "Nodes=4"]
    for argv in (["plan"], ["deploy", "--plan"], ["--plan", "--yes"], ["check"], ["check", *foreign], ["quotas"]):
        done = geos(*argv)
        assert done.code in (0, 3, 4), (argv, done.err)
        assert "Traceback" not in done.err
        assert account.calls(mutating=True) == [], argv
    assert account.inventory() == before


def test_a_deployment_from_nothing_to_nothing(geos: Geos, account: Emulator, answers: Path) -> None:
    before = account.inventory()
    made = geos("deploy", "--yes", "-o", "json")
    assert (made.code, made.data["changed"]) == (0, True)
    again = geos("deploy", "--yes")
    assert again.code == 0
    assert (again.out + again.err).count("Nothing to change") == 1
    assert geos("status", "-o", "json").data["deployments"][0]["state"] == "ready"
    assert geos("validate").code == 0
    account.client("ssm").delete_parameter(Name="/tiny/dev/greeting")
    broken = geos("validate")
    assert broken.code == 1
    assert "failed" in broken.out
    assert geos("destroy").code == 2, "nobody is there to agree"
    assert geos("destroy", ui=ScriptedUi(["another-name"])).code == 130
    gone = geos("--yes", "destroy", "-o", "json")
    assert (gone.code, gone.data["leftovers"], gone.data["bootstrap_removed"]) == (0, [], True)
    assert account.inventory() == before


# --- explain, completion -----------------------------------------------------------------------


@pytest.mark.parametrize("code", EXPLANATIONS)
def test_every_code_is_explained(geos: Geos, code: str) -> None:
    done = geos("explain", code.lower())
    assert done.code == 0
    assert done.out.startswith(f"{code}  {EXPLANATIONS[code].title}")
    assert max(map(len, done.out.splitlines())) <= 100
    assert geos("explain", code.removeprefix("GEOS-"), "-o", "json").data["cause"] == EXPLANATIONS[code].cause


def test_a_mistyped_code(geos: Geos) -> None:
    done = geos("explain", "GEOS-Q01", "-o", "json")
    assert (done.code, done.error["code"]) == (2, "GEOS-T001")
    assert "GEOS-Q001" in done.error["hint"]


def test_completion_is_valid_for_each_shell(geos: Geos) -> None:
    for shell in ("bash", "zsh", "fish"):
        script = geos("completion", shell)
        assert script.code == 0
        checker = "bash" if shell == "zsh" and not shutil.which("zsh") else shell
        if shutil.which(checker):
            subprocess.run([checker, "-n"], input=script.out, text=True, check=True)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["dep"], {"deploy"}),
        (["--sandbox", "des"], {"destroy"}),
        (["destroy", "--keep"], {"--keep-data"}),
        (["deploy", "--max-v"], {"--max-vcpus"}),
        (["sandbox", "st"], {"start", "status", "stop"}),
        (["status", "-o", ""], {"table", "json"}),
        (["config", ""], {"show"}),
        (["explain", "GEOS-S"], {"GEOS-S001", "GEOS-S002", "GEOS-S003"}),
    ],
)
def test_bash_really_completes(geos: Geos, typed: list[str], expected: set[str]) -> None:
    line = " ".join(f"'{word}'" for word in ("geos-setup", *typed))
    asking = (
        f"\ncomplete -p geos-setup >/dev/null || exit 9\nCOMP_WORDS=({line}); COMP_CWORD={len(typed)}\n"
        '_geos_setup; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    script = geos("completion", "bash").out + asking
    done = subprocess.run(["bash"], input=script, text=True, capture_output=True, check=True)
    found = set(done.stdout.split())
    assert expected <= found
    if typed[-1]:
        assert all(word.startswith(typed[-1]) for word in found)


# --- output ------------------------------------------------------------------------------------


def test_a_closed_pipe_is_quiet(folder: Path) -> None:
    line = f"{sys.executable} -m geos.wizard.cli.setup explain | head -1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert done.stdout.splitlines()[1] in ("0", "141")


def test_without_a_terminal_nothing_is_coloured(geos: Geos, account: Emulator, answers: Path) -> None:
    for argv in (["plan"], ["config", "show"], ["nonsense"], ["estimate"]):
        done = geos(*argv)
        assert ESCAPE not in done.out + done.err
        assert not [line for line in done.out.splitlines() if line != line.rstrip()], "no blanks at the ends of lines"


@pytest.mark.parametrize(("argv", "settings"), [(["--no-color"], {}), ([], {"NO_COLOR": "1"})])
def test_on_a_terminal_colour_can_be_refused(argv: list[str], settings: dict[str, str], answers: Path) -> None:
    assert ESCAPE in _on_a_terminal([*GEOS, "config", "show"], {})
    assert ESCAPE not in _on_a_terminal([*GEOS, *argv, "config", "show"], settings)


def _on_a_terminal(command: list[str], settings: dict[str, str]) -> str:
    """What the command writes when it believes itself on a screen."""
    import pty

    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", **settings}
    process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave, env=environment)
    os.close(slave)
    seen = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:  # Linux: the other end was closed
            break
        if not part:
            break
        seen += part
    os.close(master)
    assert process.wait(20) == 0, seen
    return seen.decode()


def test_a_full_disk_is_told_in_words(account: Emulator, answers: Path) -> None:
    """No file may grow beyond 512 bytes: not the templates, and not the log either."""
    line = f"ulimit -f 1; exec {sys.executable} -m geos.wizard.cli.setup plan -o json"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False)
    found = Done(done.returncode, done.stdout, done.stderr)
    assert (found.code, found.error["code"]) == (1, "GEOS-D005")
    assert account.calls(mutating=True) == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_ended_from_outside_it_gives_back_the_lock(account: Emulator, answers: Path, number: int) -> None:
    account.fail("hold", service="cloudformation", action="ExecuteChangeSet", n=2)
    words = [sys.executable, "-m", "geos.wizard.cli.setup", "deploy", "--yes"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert account.held()
    assert account.client("dynamodb").scan(TableName="geos-deploy-lock")["Count"] == 1
    process.send_signal(number)
    told = process.communicate(timeout=20)[0]
    account.release()
    assert process.returncode == 130, told
    assert "the same command goes on where it stopped" in told
    assert account.client("dynamodb").scan(TableName="geos-deploy-lock")["Count"] == 0


def test_every_verb_has_a_file_an_example_and_help() -> None:
    files = {p.stem for p in (PROJECT / "wizard" / "cli" / "verbs").glob("*.py")}
    assert set(words.VERBS) | {"guided", "__init__"} == files
    text = build_parser(words.WORDS).format_help()
    for verb, (what, examples) in words.VERBS.items():
        assert verb in text
        assert what
        assert all("geos-setup" in example for example in examples)
