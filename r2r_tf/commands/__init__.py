"""The commands: `r2r-denoise` runs `denoise`, and so on; `r2r-denoise` in a checkout is the same."""
