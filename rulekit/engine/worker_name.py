"""How a worker is called in the history of an email, in leases and in the log."""

import os
import socket
from threading import current_thread


def name_worker() -> str:
    """Returns host, process and thread of whoever asks, as in `mail1:4711:MainThread`."""
    return f"{socket.gethostname()}:{os.getpid()}:{current_thread().name}"
