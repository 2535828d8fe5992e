"""How the oracle's tests look for examples."""

from hypothesis import HealthCheck, Phase, settings

from tests.proofs import FIGURES, IS_LONG

# an example is a seed, so shrinking it says nothing; `strategies.smallest` makes small what fails
settings.register_profile(
    "oracle",
    max_examples=FIGURES.examples,
    derandomize=not IS_LONG,
    phases=[Phase.generate],
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
