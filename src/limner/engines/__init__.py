"""What makes the pictures: one interface, found by entry point, and the engines that come with Limner."""
