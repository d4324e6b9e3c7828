"""Taylor models, the parts: their common frame, rigorous arithmetic, bounders, functions, and kinds of primitives.

The class users hold is `taylorad.algebras.taylor_model.TaylorModel`.
"""
