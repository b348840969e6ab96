"""Ways into an account beside the command line: its keys, and browsers that are signed in."""
