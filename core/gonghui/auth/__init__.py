"""Who is asking and what they may do: accounts, sign-in, sessions, tokens, roles, scope."""
