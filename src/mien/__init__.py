"""Mien: real-time human profiling from faces."""
