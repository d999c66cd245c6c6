"""One file per claim: ours against Saleor's own path, as a ratio measured in one run."""
