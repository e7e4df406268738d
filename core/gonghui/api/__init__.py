"""The REST surface: operations with their permissions, problem documents, paging, versions, OpenAPI."""

from gonghui.api import messages

# Here, because marshmallow copies a message into each field when the field is made: before any of our schemas.
messages.install()
