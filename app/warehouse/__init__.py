"""Ongoing WMS: the warehouse at the other end.

`rest` makes the calls, by subject: orders, articles, returns. `reads` says what the WMS answered: its resources, stock,
shipments, returns, and its own webhooks. `writes` says what is sent to it (`fields`), what it would refuse (`problems`) and what
it does not have yet (`differences`).
"""
