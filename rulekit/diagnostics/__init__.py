"""A report about rules as a value, the registry of its codes, and its rendering for people and machines."""
