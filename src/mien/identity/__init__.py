"""Who is who: how similar two faces are, what that similarity is worth, and what is decided by it."""
