"""Clips that are sent to the web app: one is looked at by a process of its own, others wait for their turn.

A damaged or hostile file can at most end that process; stopping it at any moment is safe, and live sessions go first.
"""
