"""The settings of a project: `model` has them as values, the other modules what is wrong with a `rulekit.toml`."""
