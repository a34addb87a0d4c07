"""Denoising and training in napari: what works on arrays stands apart from what draws windows."""
