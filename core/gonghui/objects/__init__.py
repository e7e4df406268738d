"""Objects: files of any size outside the database, each under the prefix of whoever owns it."""
