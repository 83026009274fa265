"""What geos plots: the figures say what the answer says."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from fakes.ui import as_text
from hypothesis import given
from hypothesis import strategies as st

from geos.benchmarks import accuracy
from geos.benchmarks.model import Band
from geos.wizard.sizing.catalogue import Catalogue, Offer
from geos.wizard.sizing.scaling import Curve, CurvePoint
from geos.wizard.sizing.values import Ask, Candidate
from geos.wizard.ui.plots import Figure, drawn
from geos.wizard.ui.plots.figures import residuals, scaling, time_against_cost
from geos.wizard.ui.plots.svg import svg


def candidate(name: str, usd: float, hours: float, **more: object) -> Candidate:
    cost, time = (Band(value * 0.8, value, value * 1.25) for value in (usd, hours))
    nothing = dict.fromkeys(Candidate._fields)
    told = {
        "instance_type": name, "nodes": 1, "region": "us-east-1", "label": "EXTRAPOLATED", "rows": (2, 3),
        "why": "4x5 on c5.9xlarge, 18 cores, 12.1.1", "wall_hours": time, "spot_usd": cost, "purchase": "spot",
    }  # fmt: skip
    return Candidate(**{**nothing, **told, **more})  # type: ignore[arg-type]


FAST, MIDDLE, CHEAP = (
    candidate("c5.18xlarge", 70, 50),
    candidate("c5.9xlarge", 46, 72),
    candidate("c5.4xlarge", 33, 106),
)
BESIDE = tuple(candidate(f"m5.{n}xlarge", 80.0 + n, 110.0 + n) for n in range(40))
OFFER = Offer(1.5, 0.5, "<5%", "karp", "live 2026-11-25T04:00:00Z")


class Everywhere(dict[str, Offer]):
    def __missing__(self, name: str) -> Offer:
        return OFFER


@dataclass(frozen=True)
class Advice:
    """As much of an answer as is drawn."""

    ask: Ask
    candidates: tuple[Candidate, ...] = ()
    front: tuple[Candidate, ...] = ()
    catalogue: Catalogue = field(default_factory=lambda: Catalogue({}, {"us-east-1": Everywhere()}))


ADVICE = Advice(Ask(days=365, budget_usd=100, deadline_hours=96), (MIDDLE, FAST, CHEAP, *BESIDE), (FAST, MIDDLE, CHEAP))


def drawn_of(advice: Advice) -> Figure:
    return time_against_cost(advice)  # type: ignore[arg-type]


def caption(figure: Figure) -> str:
    return " ".join(figure.caption)


def test_the_front_is_a_line_by_cost_and_its_points_have_labels_and_bands() -> None:
    spot, further, line = drawn_of(ADVICE).series[:3]
    assert [(p.label, p.x) for p in spot.points] == [("c5.4xlarge", 33), ("c5.9xlarge", 46), ("c5.18xlarge", 70)]
    assert (spot.name, spot.bands, spot.points[0].x_band) == ("Spot", "stroke", (33 * 0.8, 33 * 1.25))
    assert (line.join, [p.x for p in line.points]) == ("steps", [33, 46, 70])
    assert (further.name, len(further.points)) == ("further types", 30)


def test_units_follow_the_size_and_are_said() -> None:
    figure = drawn_of(ADVICE)
    assert (figure.x.unit, figure.y.unit) == ("USD", "days")
    assert figure.series[0].points[0].y == pytest.approx(106 / 24)
    quick = Advice(Ask(days=1), (candidate("a", 1, 2),), (candidate("a", 1, 2),))
    assert drawn_of(quick).y.unit == "hours"


def test_limits_are_lines_across_the_plot() -> None:
    names = [series.name for series in drawn_of(ADVICE).series]
    assert names[-2:] == ["budget 100 USD", "deadline 96 h"]
    plot = as_text(drawn(drawn_of(ADVICE)))
    assert any("┼" in line for line in plot.splitlines())
    free = replace(ADVICE, ask=Ask(days=365))
    assert not [s for s in drawn_of(free).series if s.name.startswith(("budget", "deadline"))]


def test_the_caption_tells_sources_date_and_what_is_hidden() -> None:
    told = caption(drawn_of(ADVICE))
    assert "Prices read from AWS on 2026-11-25." in told
    assert "10 further of 43 instance types are not drawn." in told
    assert "Zhuang et al." in told
    own = replace(ADVICE, candidates=(MIDDLE._replace(own_rows=(2,)),), front=())
    assert "own runs" in caption(drawn_of(own))


def test_a_front_of_both_purchase_options_tells_them_apart() -> None:
    whole = CHEAP._replace(purchase="on-demand", on_demand_usd=CHEAP.spot_usd, spot_usd=None, nodes=2)
    figure = drawn_of(replace(ADVICE, front=(FAST, whole)))
    told = [(series.name, [p.label for p in series.points]) for series in figure.series[:2]]
    assert told == [("Spot", ["c5.18xlarge"]), ("On-Demand", ["c5.4xlarge x 2"])]
    assert "On-Demand list prices of 2026-07-20; prices read from AWS on 2026-11-25." in caption(figure)


def test_nothing_that_fits_is_an_empty_plot() -> None:
    assert "no points" in as_text(drawn(drawn_of(Advice(Ask(days=3)))))


positive = st.floats(0.001, 1e6)


@given(st.lists(st.tuples(positive, positive), max_size=50), st.integers(40, 160))
def test_any_advice_can_be_drawn(pairs: list[tuple[float, float]], width: int) -> None:
    found = tuple(candidate(f"c{i}.xlarge", usd, hours) for i, (usd, hours) in enumerate(pairs))
    figure = drawn_of(Advice(Ask(days=1), found, found[:5]))
    assert max(map(len, as_text(drawn(figure), width=width).splitlines())) <= width
    svg([figure])


# --- scaling ---------------------------------------------------------------------------------


def band(likely: float) -> Band:
    return Band(likely * 0.8, likely, likely * 1.25)


CURVE = Curve(
    "c5",
    (CurvePoint(4, band(20), True, "row 7"), CurvePoint(8, band(36), False), CurvePoint(16, band(60), False)),
)
CLUSTER = Curve("Pleiades, 12.3.2", tuple(CurvePoint(n, Band(n, n, n), True) for n in (144, 288, 576)))
ONCE = Curve("c4.4xlarge, 12.1.1, gnu", (CurvePoint(8, Band(80, 80, 80), True, "row 30", (30,)),))


def test_throughput_has_a_line_with_its_band_and_marks_what_was_measured() -> None:
    speed, share = scaling([CURVE, CLUSTER, ONCE], "4x5 fullchem")
    alone, cluster, line = speed.series
    told = [(p.x, p.y, p.label, p.detail) for p in alone.points]
    assert told == [(4, 20, "c5", "row 7"), (8, 80, "c4.4xlarge", "row 30")]
    assert (cluster.name, cluster.join, cluster.marks) == ("Pleiades, 12.3.2, measured", "line", True)
    assert (line.name, line.bands, line.join, line.points[0].y_band) == ("c5", "ribbon", "line", (16, 25))
    assert any(words.startswith("Sources: Zhuang et al. 2019") for words in speed.caption), speed.caption
    assert not any("Sources" in words for words in share.caption)  # it has no curve that rests on a row
    assert speed.x.name == "Physical cores"


def test_efficiency_is_what_a_core_does_against_the_fewest_cores() -> None:
    _, share = scaling([CURVE, CLUSTER, ONCE], "4x5 fullchem")
    assert [(s.name, [p.y for p in s.points]) for s in share.series] == [
        ("c5", pytest.approx([100, 90, 75])),
        ("Pleiades, 12.3.2, measured", pytest.approx([100, 100, 100])),
    ]
    assert share.y.unit == "%"
    assert "100 % is the work of a core where fewest are used: 4 or 144." in share.caption


def test_no_curve_is_an_empty_plot() -> None:
    assert all("no points" in as_text(drawn(figure)) for figure in scaling([Curve("a", ())], "x"))


# --- accuracy --------------------------------------------------------------------------------


def test_residuals_show_every_prediction_and_name_those_outside_their_band() -> None:
    checked = accuracy.accuracy()
    figure = residuals(checked, "the shipped table")
    predicted = [c for c in checked if c.wall_seconds and c.measured_wall_seconds]
    points = [p for series in figure.series if series.marks for p in series.points]
    assert len(points) == len(predicted) > 40
    outside = [c for c in predicted if not c.inside_band and not c.run.shown_only]
    assert sorted(p.label for p in points if p.label) == sorted(f"line {c.run.row}" for c in outside)
    sound = [c for c in predicted if not c.run.shown_only]
    assert f"{len(sound) - len(outside)} of {len(sound)} runs lie inside" in caption(figure)
    assert figure.series[-1].name == "as measured"
    for point, label in ((p, s.name) for s in figure.series if s.marks for p in s.points):
        one = next(c for c in predicted if point.name.startswith(f"line {c.run.row}:"))
        assert one.run.shown_only or one.label == label
        assert point.y == pytest.approx(1 + (one.error_percent or 0) / 100)


def test_residuals_of_nothing() -> None:
    assert "no points" in as_text(drawn(residuals([])))
