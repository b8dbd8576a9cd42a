"""Strict simulators of the outside systems, used by `gateway demo` and by the tests.

Each is a real HTTP server that refuses what the real system refuses, shows the quirks that were observed on it, and keeps a
journal of every call, so that anyone can check from outside what really arrived.
"""
