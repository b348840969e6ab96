"""What can be known of a running process from outside: its log, its figures, its traces. Knows no work."""
