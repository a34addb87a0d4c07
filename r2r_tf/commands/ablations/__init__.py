"""The experiments of `r2r-ablation`: each module makes the cases of one table, `report` runs them and writes what they gave.

A table's module has `X_TITLE` and `LOG_X`, `FLAGS` (the names of the flags that it uses), `trains(model)` (whether it trains what
it tests) and `of_request(request)` (its cases).
"""

TABLES = ("recorruptions", "levels", "peaks", "mixed", "prediction", "sigma_error", "alpha", "levers", "networks")
