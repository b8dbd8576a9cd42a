"""Connections: how each stands, what it does, its settings and secrets, and the way of a new one."""
