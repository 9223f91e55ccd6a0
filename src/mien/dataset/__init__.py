"""Profiles of whole data sets: resumable runs over any number of pictures, and what can be said of their results."""
