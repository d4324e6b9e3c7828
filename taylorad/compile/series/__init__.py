"""Taylor recurrences of graphs as machine code."""
