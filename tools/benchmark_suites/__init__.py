"""Benchmarks: each suite turns cases into interleaved timings; nothing here is asserted in tests, machines are noisy."""
