"""Look inside a trained model: how an answer came about, and what would change it.

Every function returns frozen records of plain values and arrays; other rooms draw them.
"""
