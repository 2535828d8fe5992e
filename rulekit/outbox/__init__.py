"""Emails from the tagging that caused them to the reply of the receiving server, and the memberships beside them."""
