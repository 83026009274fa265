"""The one place that holds the version; a constant, because reading package metadata costs 25 ms."""

from __future__ import annotations

VERSION = "0.1.0"
