"""Services that the sandbox answers itself, one module each, with a table ACTIONS of what it knows."""
