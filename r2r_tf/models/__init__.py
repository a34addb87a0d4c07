"""Networks, what is read off them, and trained ones on disk."""
