"""Attachments: files that belong to a record, each of a kind that the record type allows."""
