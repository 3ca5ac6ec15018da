"""The graph vocabulary: standard library, pydantic, PyYAML and MiniJinja only."""
