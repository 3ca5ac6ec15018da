"""A model server that answers from a script, as OpenAI and Anthropic do on the wire."""
