"""A user's own runs: logs understood, stored as rows of a timings table, compared, shared, and planned.

How to use it:

    from geos.wizard.measuring.store import own_runs, own_fits
    from geos.wizard.measuring.machines import find_machine

    fits = own_fits()                  # the shipped fits and the user's runs; just the shipped ones without any
    find_machine("c8g.16xlarge")       # Machine for geos.benchmarks.model.predict; also machines of published runs

Both raise BadRows when the user's table was spoilt by hand; every fault names line and column.
"""
