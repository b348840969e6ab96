"""What `limner generate` does: one picture or a file of them, here or on a server, shown where it can be."""
