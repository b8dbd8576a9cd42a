"""The calls on stock, and how a test or a person changes it."""
