"""From a template and a person to the bytes of one email; pure."""
