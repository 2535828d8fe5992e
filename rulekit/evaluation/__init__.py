"""Who is in a persona or segment, at an instant, and why: the rules as one query."""
