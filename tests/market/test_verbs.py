"""refresh and --watch-price, as somebody types them, against the simulated account."""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from fakes.ui import ScriptedUi
from parts.commands import Geos, typed
from parts.emulator import Emulator

from geos.wizard.aws import Aws
from geos.wizard.cli.context import Context
from geos.wizard.cli.recommend import main
from geos.wizard.cli.recommend.live import cached_market, price_in
from geos.wizard.cli.recommend.watch import watch_prices
from geos.wizard.cli.recommend.words import parse
from geos.wizard.errors import Exit
from geos.wizard.facts import Target
from geos.wizard.market.cache import load_market, market_file
from geos.wizard.market.watching import quotes_of, watch
from geos.wizard.tables.prices import price


@pytest.fixture
def geos(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, emulator: Emulator
) -> Geos:
    """Run a command whose environment points at the simulated account."""
    monkeypatch.chdir(tmp_path)
    for name, value in emulator.env().items():
        monkeypatch.setenv(name, value)
    return typed(main, capsys)


def test_a_refresh_tells_what_came_and_says_that_it_is_simulated(geos: Geos) -> None:
    done = geos("refresh", "--region", "us-east-1,eu-north-1")
    assert done.code == 0
    assert done.out.startswith("All figures of 2 regions read in the simulated account.")
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert "✓ us-east-1" in done.err
    market = load_market(simulated=True)
    assert market is not None
    assert market.regions == ("eu-north-1", "us-east-1")
    assert load_market() is None


def test_a_refresh_as_json(geos: Geos) -> None:
    body = geos("refresh", "-o", "json").data
    assert body["schema"] == "geos-market-1"
    assert body["simulated"] is True
    assert set(body["regions"]["us-east-1"]["read"]) == {"types", "offers", "on_demand", "spot", "placement"}
    assert body["regions"]["us-east-1"]["failed"] == {}


def test_a_figure_that_fails_is_told_with_what_serves_instead(geos: Geos, emulator: Emulator) -> None:
    emulator.fail("denied", 0, service="pricing")
    done = geos("refresh")
    assert done.code == 1
    assert "4 of 5 figures of 1 region read" in done.out
    assert "us-east-1, On-Demand prices:" in done.out
    assert "the shipped table serves" in done.out
    emulator.clear()
    assert geos("refresh").code == 0
    emulator.fail("denied", 0, service="pricing")
    assert "those that are today stay" in geos("refresh").out


def test_a_region_that_is_not_enabled_has_one_line(geos: Geos) -> None:
    done = geos("refresh", "--region", "us-east-1,af-south-1")
    assert done.code == 1
    assert done.out.count("✗ af-south-1") == 1
    assert "is not enabled for this account" in " ".join(done.out.split())
    market = load_market(simulated=True)
    assert market is not None
    read = {name: set(found.read_at) for name in market.regions if (found := market.region(name))}
    assert read == {"us-east-1": {"types", "offers", "on_demand", "spot", "placement"}, "af-south-1": {"on_demand"}}


def test_nothing_read_leaves_the_cache_as_it_was(geos: Geos, emulator: Emulator) -> None:
    assert geos("refresh").code == 0
    before = market_file(simulated=True).read_bytes()
    emulator.fail("denied", 0)
    done = geos("refresh", "-o", "json")
    assert done.code == 4
    assert done.data["error"]["code"] == "GEOS-R051"
    assert market_file(simulated=True).read_bytes() == before


def test_a_refresh_that_is_cut_off_leaves_the_old_cache_whole(geos: Geos, emulator: Emulator) -> None:
    assert geos("refresh").code == 0
    before = market_file(simulated=True).read_bytes()
    emulator.fail("hold", 3, service="pricing")
    words = ["-c", "import sys; from geos.wizard.cli.recommend import main; sys.exit(main())"]
    process = subprocess.Popen([sys.executable, *words, "refresh", "--region", "us-east-1,eu-west-1,us-west-2"])
    assert emulator.held()
    process.send_signal(signal.SIGINT)
    emulator.release()
    assert process.wait(30) == 130
    assert market_file(simulated=True).read_bytes() == before
    assert [p.name for p in market_file(simulated=True).parent.glob(".market*")] == []


def test_a_damaged_cache_is_passed_over_and_written_anew(geos: Geos) -> None:
    assert geos("refresh").code == 0
    path = market_file(simulated=True)
    path.write_bytes(path.read_bytes()[:-10])
    done = geos("calibrate", "--instance", "c7i.16xlarge", "--yes")
    assert done.code == 0
    assert "the shipped tables serve instead" in " ".join(done.err.split())
    assert geos("refresh").code == 0
    assert "shipped tables serve" not in geos("calibrate", "--instance", "c7i.16xlarge", "--yes").err


@pytest.mark.parametrize(("region", "words"), [("us-esat-1", "Did you mean"), ("nowhere", "there is no region")])
def test_regions_that_do_not_exist_are_refused(geos: Geos, region: str, words: str) -> None:
    done = geos("refresh", "--region", region)
    assert done.code == 2
    assert words in done.err


def test_without_network_or_credentials_nothing_is_lost(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["refresh", "-o", "json"]) == 4
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "GEOS-R051"
    assert not market_file(simulated=False).exists()


# --- Spot prices -------------------------------------------------------------------------------


def context(ui: ScriptedUi, emulator: Emulator, *words: str) -> Context:
    flags: argparse.Namespace
    flags, answers = parse(words)
    return Context(flags, answers, ui, lambda target: aws(emulator, target.region), None)


def aws(emulator: Emulator, region: str = "us-east-1") -> Aws:
    return Aws(Target(region, endpoint=emulator.endpoint, sandbox=True))


TYPES = ("c7i.16xlarge", "c6i.16xlarge", "hpc7a.96xlarge")


def test_watching_until_ctrl_c(emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", emulator.endpoint)
    looks = []

    def wait() -> None:
        looks.append(1)
        if len(looks) == 3:
            raise KeyboardInterrupt

    ui = ScriptedUi()
    code = watch_prices(context(ui, emulator), TYPES, ["us-east-1", "us-east-2"], wait=wait)
    assert code == Exit.OK
    lines = [line for said in ui.said for line in said.splitlines() if "USD/h" in line]
    assert len([line for line in lines if "c7i.16xlarge" in line]) == 3 * 2
    assert not [line for line in lines if "hpc7a" in line]


def test_one_look_as_json(emulator: Emulator) -> None:
    ui = ScriptedUi()
    assert watch_prices(context(ui, emulator, "-o", "json"), TYPES, ["us-east-1"]) == Exit.OK
    (body,) = ui.results
    assert {q["instance_type"] for q in body["quotes"]} == {"c7i.16xlarge", "c6i.16xlarge"}
    prices = [q["spot_usd_per_hour"] for q in body["quotes"]]
    assert prices == sorted(prices)
    assert all(q["spot_usd_per_hour"] <= q["spot_usd_per_hour_dearest_zone"] for q in body["quotes"])


def test_a_region_that_stops_answering_is_told_and_the_others_go_on(emulator: Emulator) -> None:
    looks = watch(aws(emulator), TYPES, ["us-east-1", "xx-nowhere-1"], lambda name, region: 1.0, lambda: None)
    first, second = next(looks), next(looks)
    assert {q.region for q in first.quotes} == {"us-east-1"}
    assert set(first.failed) == {"xx-nowhere-1"}
    assert all(q.usd_at_start is not None for q in second.quotes)


def test_quotes_are_cheapest_first_and_remember_the_start() -> None:
    found = {"r": {"a": {"z1": 2.0, "z2": 1.0}, "b": {"z1": 0.5}}}
    quotes = quotes_of(found, lambda name, region: 4.0, {("a", "r"): 0.8})
    assert [(q.instance_type, q.zone, q.usd) for q in quotes] == [("b", "z1", 0.5), ("a", "z2", 1.0)]
    assert quotes[1].of_on_demand == 0.25
    assert (quotes[0].usd_at_start, quotes[1].usd_at_start) == (None, 0.8)


def test_prices_are_live_where_they_were_read(geos: Geos, emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    assert geos("refresh").code == 0
    ui = ScriptedUi()
    market = cached_market(context(ui, emulator))
    live = price_in(market, "c7i.16xlarge", "us-east-1")
    assert live is not None
    assert (live.kind, live.source) == ("live", "pricing:GetProducts")
    assert price_in(market, "c7i.16xlarge", "eu-west-1") == price("c7i.16xlarge", "eu-west-1")
