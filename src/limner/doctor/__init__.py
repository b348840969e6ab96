"""`limner doctor`: what is wrong with a live installation, and what can be put right."""
