"""Other libraries' functions on Mien's networks: `from mien.compat import deepface as DeepFace`."""
