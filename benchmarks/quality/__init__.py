"""Quality on public splits: the product's components and blend, with other data in."""
