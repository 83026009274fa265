"""Measured GEOS-Chem speeds, the model that predicts from them, and the readers of run logs.

Knows nothing of AWS accounts: facts of instance types come in as values. `table` holds the published
runs, `model` predicts, `logs` reads what a run printed.
"""
