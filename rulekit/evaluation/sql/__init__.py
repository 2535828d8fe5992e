"""What the rules ask, as one statement."""
