"""DepMap's and GDSC's releases: what was published, fetched, recognised, and made a panel of."""
