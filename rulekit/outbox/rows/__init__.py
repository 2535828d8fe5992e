"""The rows of the store, read and changed by more than one room: emails, memberships and suppressed addresses."""
