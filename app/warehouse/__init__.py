"""Ongoing WMS: the warehouse at the other end.

`client` calls it (`calls` is one call, `reports` the way back). `resources`, `stock` and `returns` are what it answers, `fields`
what is written to it; `problems` finds what it would refuse, `differences` what it does not have yet, `states` says what its
status numbers mean, `shipments` what has become of an order, `webhooks` what its own deliveries say.
"""
