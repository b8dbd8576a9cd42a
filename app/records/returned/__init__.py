"""Returns, each as one record: what was announced, what came back, and what became of it."""
