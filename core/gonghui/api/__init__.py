"""The REST surface: operations with their permissions, problem documents, paging, versions, OpenAPI."""
