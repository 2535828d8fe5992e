"""From text to a tree: words, grammar, comments, and one report for each mistake."""
