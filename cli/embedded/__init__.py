"""The servers that `pastetrader up` brings along: PostgreSQL and Temporal from their wheels."""
