"""Machines of the simulated account that really start: an SSH server on this computer, in a folder of its own."""
