"""Long work: a reconcile or a backfill of one connection, worked on in slices, with its progress, its counts and its lines."""
