"""How the store is doing, in figures and in words."""
