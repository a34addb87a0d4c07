"""What people look at: figures, pages, TensorBoard."""
