"""Long work on one connection beside everything else: a reconcile compares shop and warehouse, a backfill transfers history.

It is worked on in slices, under a lease, at the pace of work without haste. What is done is stored after every few records, so
that another worker goes on where one was killed.
"""
