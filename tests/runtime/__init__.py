"""Stores, instances, host calls, snapshots."""
