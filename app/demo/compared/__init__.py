"""Shop and warehouse compared, and history transferred, in the scripted day."""
