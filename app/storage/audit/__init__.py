"""Who changed what: kept beside every change, in the change's own transaction.

`acts` says who is at work, `changes` what they change. `Database.begin` writes the rows before it commits.
"""
