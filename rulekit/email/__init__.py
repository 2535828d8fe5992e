"""Emails as bytes: sandboxed templates, addresses, headers; the same arguments always give the same message."""
