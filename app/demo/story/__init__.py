"""What the demo tells beside its single steps: figures, what is held, and a good-bye."""
