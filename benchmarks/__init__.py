"""Measured GEOS-Chem speeds, the model that predicts from them, and the readers of run logs.

Knows nothing of AWS accounts: facts of instance types come in as values. Where to look:

table       published and own runs as `Run`: load, measured, runs_at, as_csv
model       predict(question, machine, fits) -> Prediction; days_within
fits        load_fits, the shipped figures; fitting.with_own adds a user's runs to them
accuracy    any rows beside their predictions; left_out, report
logs        read_log: what a finished run says of itself, and its row
"""
