"""TFDS dataset builders, one folder each; importing a builder's module registers it with TFDS."""
