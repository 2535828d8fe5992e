"""What a tick writes, in one transaction."""
