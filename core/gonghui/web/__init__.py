"""Pages: server-rendered, in the reader's language, usable without a script."""
