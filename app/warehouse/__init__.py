"""Ongoing WMS: the warehouse at the other end.

`client` calls it, `resources` is what it answers, `fields` what is written to it; `problems` finds what it would refuse,
`differences` what it does not have yet, `states` says what its status numbers mean.
"""
