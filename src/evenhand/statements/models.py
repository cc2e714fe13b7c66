"""What is stored in the room."""
