"""For people who test: the scenarios of `rulekit test`, on the real evaluator and the real outbox."""
