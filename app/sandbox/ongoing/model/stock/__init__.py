"""Stock beside its counts: corrections of it."""
