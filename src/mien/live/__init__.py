"""People in a stream: tracked, read when it pays, and their profiles fused over time."""
