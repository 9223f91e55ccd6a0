"""Networks: what they are (cards), where their files come from (weights), how they run (sessions)."""
