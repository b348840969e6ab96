"""Files that callers bring: what they may be, their tickets, and where they are kept until they expire."""
