"""Programs as machine code: graphs, passes over them, and what runs them."""

from taylorad.compile import intervals, multivariate

intervals.register()
multivariate.register()
