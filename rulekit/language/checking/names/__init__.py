"""Names: what is declared, what each place may see, what was called otherwise, and what names itself."""
