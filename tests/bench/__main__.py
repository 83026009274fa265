"""`make bench`: the figures of the product, whole processes, side by side with the peer where one is named.

Peers are installed into environments of their own beside the one that runs this; without them their column
says so. Quote medians; the machine and the delay are printed with them.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from parts.emulator import Emulator  # noqa: E402

from tests.bench.build import whole_builds  # noqa: E402
from tests.bench.recommend import recommend  # noqa: E402
from tests.bench.timing import Timed, timed  # noqa: E402
from tests.bench.upload import way_to_host  # noqa: E402

PEERS = {"sam": "aws-sam-cli==1.170.0", "aws-quota-checker": "aws-quota-checker==1.12.0"}
MATCHING_CHECKS = (
    "vpc_count,ig_count,ni_count,sg_count,ec2_eip_count,ec2_on_demand_standard_count,ec2_spot_standard_count,"
    "s3_bucket_count,cf_stack_count,iam_policy_count,ecs_count,asg_count"
)
"""Its checks that geos makes as well."""
DELAY_SECONDS = 0.1
EXAMPLE = str(ROOT / "examples/geos-chem-classic.yaml")


def environment_for(name: str, *requirements: str) -> Path:
    """The folder of an environment's commands, made once."""
    home = Path(sys.prefix) / f"bench-{name}"
    if not (home / "ready").exists():
        print(f"  installing {name} …", file=sys.stderr, flush=True)
        venv.create(home, with_pip=True, clear=True)
        words = [str(home / "bin/python"), "-m", "pip", "install", "--quiet", *requirements]
        subprocess.run(words, check=True, capture_output=True, cwd=ROOT)
        (home / "ready").touch()
    return home / "bin"


def geos() -> str:
    """geos as users get it: installed, not linked to this folder; anew each time."""
    home = Path(sys.prefix) / "bench-geos"
    (home / "ready").unlink(missing_ok=True)
    return str(environment_for("geos", ".[sandbox]") / "geos-setup")


def peer(name: str) -> str | None:
    try:
        return str(environment_for(name, PEERS[name]) / name)
    except (subprocess.CalledProcessError, OSError):
        return None


class Report:
    def __init__(self) -> None:
        self.missed: list[str] = []

    def row(self, what: str, found: float, bar: float, unit: str, beside: str = "") -> None:
        word = "ok    " if found <= bar else "MISSED"
        if found > bar:
            self.missed.append(what)
        print(f"  {word}  {what:58} {found:8.3f} {unit}  bar {bar:g}  {beside}", flush=True)


def start_up(report: Report, command: str, environment: dict[str, str]) -> None:
    sam = peer("sam")
    beside = timed([sam, "--help"], runs=9, environment=environment) if sam else None
    for flag in ("--help", "--version"):
        own = timed([command, flag], runs=15, environment=environment)
        report.row(
            f"geos-setup {flag}", own.median, 0.035, "s", f"sam --help {beside.median:.3f} s" if beside else "no sam"
        )
    found = timed([command.replace("geos-setup", "geos-build"), "--help"], runs=15, environment=environment)
    report.row("geos-build --help", found.median, 0.035, "s")


def quotas(report: Report, command: str, environment: dict[str, str]) -> None:
    emulator = Emulator()
    try:
        emulator.client("ec2").describe_vpcs()
        env = {**environment, **emulator.env(), "AWS_DEFAULT_REGION": "us-east-1"}  # the peer's way to name a region
        words = [command, "quotas", "--answers", EXAMPLE, "-o", "json"]
        timed(words, runs=1, environment=env)
        emulator.delay(DELAY_SECONDS)
        checker = peer("aws-quota-checker")
        beside = timed([checker, "check", MATCHING_CHECKS], runs=3, environment=env) if checker else None
        peer_calls = _calls_of(emulator, [checker, "check", MATCHING_CHECKS], env) if checker else 0
        own = timed(words, runs=5, environment=env)
        told = f"{_calls_of(emulator, words, env)} calls; {_peer_told(beside, peer_calls)}"
        report.row("quotas of one region, 100 ms a call", own.median, 0.8, "s", told)
        memory(report, "quotas", own)
        many = timed([*words, "--regions", "all"], runs=2, warm_up=0, environment=env)
        report.row("quotas of all regions, 100 ms a call", many.median, 6.0, "s")
        memory(report, "quotas --regions all", many)
    finally:
        emulator.stop()


def _calls_of(emulator: Emulator, words: Sequence[str], environment: dict[str, str]) -> int:
    emulator.clear()
    emulator.delay(DELAY_SECONDS)
    timed(words, runs=1, warm_up=0, environment=environment)
    return len(emulator.calls())


def _peer_told(beside: Timed | None, calls: int) -> str:
    """The peer's time counts only if every one of its checks came to an answer."""
    checks = MATCHING_CHECKS.count(",") + 1
    if beside is None:
        return "aws-quota-checker is not installed: NOT COMPARED"
    answered = len(re.findall(r": \d[\d.]*/\d[\d.]* ", beside.output))
    if beside.exit_code or answered != checks:
        return f"aws-quota-checker answered {answered} of {checks} checks, exit {beside.exit_code}: NOT COMPARED"
    return f"aws-quota-checker, {checks} checks, {calls} calls: {beside.median:.2f} s"


def memory(report: Report, what: str, found: Timed) -> None:
    report.row(f"memory of {what}", found.peak_mb, 150, "MB")


def whole(report: Report, command: str, environment: dict[str, str]) -> None:
    """The sandbox, a deployment in it, and its removal."""
    run = [command, "--sandbox"]
    starts, ups, downs = [], [], []
    for _ in range(3):
        timed([command, "sandbox", "stop"], runs=1, warm_up=0, environment=environment)
        starts.append(timed([command, "sandbox", "start"], runs=1, warm_up=0, environment=environment))
        ups.append(_once([*run, "deploy", "--answers", EXAMPLE, "--yes"], environment))
        downs.append(_once([*run, "destroy", "--yes"], environment))
    report.row("sandbox start to ready", _median(starts), 1.5, "s")
    report.row("deploy of geos-chem Batch", _median(ups), 15, "s")
    report.row(
        "destroy", _median(downs), 10, "s", "nothing left" if "Nothing is left" in downs[-1].output else "LEFTOVERS"
    )
    memory(report, "deploy", max(ups, key=lambda t: t.peak_mb))
    memory(report, "destroy", max(downs, key=lambda t: t.peak_mb))
    timed([command, "sandbox", "stop"], runs=1, warm_up=0, environment=environment)


def _once(words: Sequence[str], environment: dict[str, str]) -> Timed:
    found = timed(words, runs=1, warm_up=0, environment=environment)
    if found.exit_code:
        raise SystemExit(f"{' '.join(words)} ended with {found.exit_code}\n{found.output[-2000:]}")
    return found


def _median(found: Sequence[Timed]) -> float:
    return sorted(t.median for t in found)[len(found) // 2]


def rendering(report: Report) -> None:
    from geos.wizard.systems.answers import settle
    from geos.wizard.systems.answers_files import read_answers
    from geos.wizard.systems.design import design
    from geos.wizard.systems.expressions import shipped_facts
    from geos.wizard.systems.manifest import load_system
    from geos.wizard.systems.rules import broken_rules

    answers = read_answers(Path(EXAMPLE))
    assert answers is not None
    system, facts = load_system("geos-chem"), shipped_facts("us-east-1")
    settled = settle(system.schema, [answers], facts).require()

    def once() -> None:
        made = design(system, settled, facts)
        broken_rules(made.stacks, made.values)

    report.row("render and own rules of all stacks, in process", _first_and_best(once), 0.3, "s", "the first time")


def _first_and_best(job: Callable[[], None]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def main() -> int:
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}; medians of whole processes"
    )
    report = Report()
    with tempfile.TemporaryDirectory(prefix="geos-bench-") as home:
        keep = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "GEOS_", "XDG_"))}
        environment = {**keep, "HOME": home, "CI": "true", "AWS_EC2_METADATA_DISABLED": "true"}
        os.environ["HOME"] = home
        os.chdir(home)
        command = geos()
        rendering(report)
        start_up(report, command, environment)
        recommend(report, command, environment)
        quotas(report, command, environment)
        whole(report, command, environment)
        way_to_host(report)
        whole_builds(report, command, environment)
    print(f"missed: {', '.join(report.missed)}" if report.missed else "every bar is reached")
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
