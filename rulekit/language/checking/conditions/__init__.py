"""Conditions: every expression resolved and typed."""
