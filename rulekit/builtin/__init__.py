"""The data sources and senders that ship inside, registered through the hooks that plugins use."""
