"""What free text says of who wrote it: features, shipped weights, fingerprints, and what staff taught. Pure."""
