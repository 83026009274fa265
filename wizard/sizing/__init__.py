"""Which instance types for a run, how many, how long, for how much, and how sure that is. Pure.

An `Ask` (values.py) is put to a `Catalogue` (catalogue.py: instance types, where they are offered and for how much;
shipped tables, with live data laid over them) and to the fits of geos.benchmarks. `ranking.advise(ask, catalogue,
fits)` answers with an `Advice`: `Candidate`s that hold every constraint, best first; `Unmeasured` types that would
do and whose speed nobody has published; `Excluded` types with the rule that left them out; the Pareto front.

What a figure rests on is carried along (label, rows, sources); how good it is, geos.benchmarks says.
`jobs.py` asks the same of one job of a deployment, for the guided set-up.
"""
