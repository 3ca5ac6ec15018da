"""Figures, always beside hand-written Temporal code on the same server in the same run."""
