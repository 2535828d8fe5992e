"""What an email goes through: its states, the table of transitions, and what a tick reads and writes, as values."""
