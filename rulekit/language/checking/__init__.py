"""The steps of the checker: each takes declarations apart and reports what has no meaning; none does I/O."""
