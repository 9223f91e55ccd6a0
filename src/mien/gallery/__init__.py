"""Galleries: people enrolled from photos, found again by their faces; in one SQLite file, or in PostgreSQL."""
