"""Official releases (DepMap, GDSC): what there is, fetching, recognising and checking files, a panel made of them."""
