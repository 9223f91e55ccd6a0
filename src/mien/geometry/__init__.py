"""Coordinates: boxes, alignment and angles. Pure NumPy; OpenCV only warps."""
