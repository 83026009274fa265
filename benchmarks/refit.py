"""`python -m geos.benchmarks.refit`: compute tables/fits.json again, after a table has changed."""

from __future__ import annotations

from geos.benchmarks.fitting import write_shipped

if __name__ == "__main__":
    write_shipped()
