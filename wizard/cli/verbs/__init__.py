"""One file per verb of geos-setup: take what was settled, call one function, show what it returned."""
