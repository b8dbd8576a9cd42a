"""How systems write texts and times."""
