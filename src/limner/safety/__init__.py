"""What is not made, and what is not handed out: checks of prompts and of pictures. See docs/safety.md."""
