"""What several commands take: options, what a shell completes, and going on until somebody stops it."""
