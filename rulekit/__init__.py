"""Lifecycle email as code: personas, segments, templates and triggers as text that is checked and run."""

__version__ = "0.1.0"
