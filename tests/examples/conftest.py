"""Examples run through the whole API."""

from tests.api.conftest import admin, anonymous, app, editor, stranger, viewer

__all__ = ["admin", "anonymous", "app", "editor", "stranger", "viewer"]
