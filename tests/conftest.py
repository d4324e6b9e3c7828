"""One Hypothesis profile for all tests: the same examples on every machine, no clock."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "taylorad", derandomize=True, deadline=None, max_examples=40, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("taylorad")
