"""The experiments of `tools.ablation`: each module makes the cases of one table, `report` runs them and writes what they gave."""
