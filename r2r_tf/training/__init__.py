"""Training: from settings to a run directory."""
