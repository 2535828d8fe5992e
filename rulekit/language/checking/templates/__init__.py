"""Templates: their parts, what their texts use and do with it, held against the schema."""
