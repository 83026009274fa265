"""The commands: parse, wire, report, nothing else."""
