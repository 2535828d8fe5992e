"""What authors do with rules before anything runs: check them, choose what is reported, mend what can be mended."""
