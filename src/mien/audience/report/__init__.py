"""The report on an audience."""
