"""Measuring on labelled images: a manifest's samples, a predictor's faces, and figures with 95 % intervals."""
