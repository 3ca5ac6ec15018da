"""One file per command group of `pastetrader`."""
