"""Preprocessing as the paper and EmoTrack publish it, each step a function of its own.

The chain: Haar cascade → square cut out → scaled → grey → histogram equalised → 0–1. `mien explain-preprocessing`
shows it on a photo.
"""
