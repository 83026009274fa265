"""Disk and input data of a run, and how long the input takes to come."""

from __future__ import annotations

from typing import NamedTuple

from geos.benchmarks.inputs import BUCKET, BUCKET_REGION, meteorology, output_gb_per_day
from geos.benchmarks.model import Band
from geos.wizard.sizing.values import Ask

_GBIT_PER_SECOND = (1.0, 5.0, 10.0)
"""What one instance reads from S3: slow, likely, fast. Our own figures; nobody has published any for this data."""
DISK_HEADROOM = 1.25
IMAGE_GB = 2.0
"""Image, run directory and restart file, roughly."""


class Data(NamedTuple):
    """Of one run."""

    met: str
    input_gb: float | None
    """Meteorology; None where nothing is published. Emissions come on top."""
    output_gb: float | None
    disk_gb: float | None
    """To hold all of it at once, with headroom."""
    download_hours: Band | None
    where: str
    region: str
    source: str


def data_of(ask: Ask, network_gbps: float = 0.0) -> Data:
    """`network_gbps` of the machine that reads; 0: not known."""
    found = meteorology(ask.model, ask.grid, ask.met)
    written = output_gb_per_day(ask.grid)
    reads = found.gb_per_day * ask.days if found else None
    writes = written * ask.days if written is not None else None
    return Data(
        met=found.met if found else ask.met,
        input_gb=reads,
        output_gb=writes,
        disk_gb=None if reads is None or writes is None else (reads + writes + IMAGE_GB) * DISK_HEADROOM,
        download_hours=None if reads is None else _download(reads, network_gbps),
        where=BUCKET,
        region=BUCKET_REGION,
        source=found.source if found else "",
    )


def _download(gigabytes: float, network_gbps: float) -> Band:
    slow, likely, fast = (min(rate, network_gbps) if network_gbps else rate for rate in _GBIT_PER_SECOND)
    return Band(*(gigabytes * 8 / rate / 3600 for rate in (fast, likely, slow)))
