"""Pictures in, pictures and results out."""
