"""Tests, a file for each module."""

PATIENCE = 60  # seconds that a test waits before it fails, for what comes at once on an idle computer
