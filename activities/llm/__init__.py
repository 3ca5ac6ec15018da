"""Language models: one protocol, the providers behind it, and what their answers may be."""
