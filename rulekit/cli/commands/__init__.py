"""One file per command; each prints, and decides nothing."""
