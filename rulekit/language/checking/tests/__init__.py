"""The `test` blocks."""
