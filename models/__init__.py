"""From pictures to probabilities: decoding, finding the stone, networks, bundles."""
