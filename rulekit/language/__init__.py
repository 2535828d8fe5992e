"""The `.rules` language: from text to a checked program, without I/O beyond reading the files."""
