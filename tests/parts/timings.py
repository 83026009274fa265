"""Machines and tables that the tests of this package share."""

from __future__ import annotations

import csv
import io

from geos.benchmarks.machines import Machine
from geos.benchmarks.table import COLUMNS, Run, load

C5 = Machine("c5.9xlarge", "x86_64", "Intel Xeon Platinum 8124M (Skylake)", 18, 2, "tcp")
C5_LARGE = Machine("c5.24xlarge", "x86_64", "Intel Xeon Platinum 8124M/8275CL (Skylake or Cascade Lake)", 48, 2, "tcp")
C5N = Machine("c5n.18xlarge", "x86_64", "Intel Xeon Platinum 8124M (Skylake)", 36, 2, "efa")
C7I = Machine("c7i.16xlarge", "x86_64", "Intel Xeon Platinum 8488C (Sapphire Rapids)", 32, 2, "tcp")
C6A = Machine("c6a.16xlarge", "x86_64", "AMD EPYC 7R13 (Milan)", 32, 2, "tcp")
HPC7A = Machine("hpc7a.96xlarge", "x86_64", "AMD EPYC 9R14 (Genoa)", 192, 1, "efa")
C8G = Machine("c8g.16xlarge", "arm64", "AWS Graviton4 (Neoverse V2)", 64, 1, "tcp")
R8G = Machine("r8g.16xlarge", "arm64", "AWS Graviton4 (Neoverse V2)", 64, 1, "tcp")
C7G = Machine("c7g.16xlarge", "arm64", "AWS Graviton3 (Neoverse V1)", 64, 1, "tcp")
ALL = (C5, C5_LARGE, C5N, C7I, C6A, HPC7A, C8G, R8G, C7G)
BY_NAME = {m.name: m for m in ALL}

GOOD_ROW = {
    "model": "gcclassic",
    "version": "14.7.1",
    "simulation": "fullchem",
    "resolution": "4x5",
    "met": "merra2",
    "platform": "c8g.16xlarge",
    "nodes": "1",
    "cores": "64",
    "cores_per_node": "64",
    "compiler": "gfortran",
    "mpi": "none (OpenMP)",
    "sim_days": "1",
    "wall_seconds": "300",
    "sim_days_per_day": "288.0",
    "memory_gb_peak": "12.5",
    "cost_usd": "",
    "source_title": "own run",
    "source_year": "2026",
    "source_locator": "run.log",
    "notes": "A; 64 OpenMP threads on 64 physical cores",
}


def table(*rows: dict[str, str]) -> bytes:
    """A timings table: the good row, changed as told, once for each argument."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows({**GOOD_ROW, **row} for row in rows)
    return out.getvalue().encode()


def own_runs(*rows: dict[str, str]) -> tuple[Run, ...]:
    return load(table(*rows), name="mine.csv", own=True)
