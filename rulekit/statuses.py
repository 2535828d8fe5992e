"""What the enhanced status codes of RFC 3463 say about an address, and about who sends."""

_ABOUT_THE_SENDER = frozenset({"5.1.7", "5.1.8"})
# a quota that is used up, and a system that takes nothing
_ABOUT_THE_SERVICE = frozenset({"5.3.2", "5.4.5"})


def is_about_the_sender(status: str) -> bool:
    """Says whether a status means that the address of the sender is wrong, whatever the recipient's is."""
    return status in _ABOUT_THE_SENDER


def is_about_the_service(status: str) -> bool:
    """Says whether a status means that the server takes nothing from us now, whatever the email is."""
    return status in _ABOUT_THE_SERVICE


def is_dead_address(status: str) -> bool:
    """Says whether a status means that the address takes no mail: 5.1.x and 5.2.1, but not what is about the sender."""
    return status == "5.2.1" or (status.startswith("5.1.") and not is_about_the_sender(status))
