"""People who sign in with an OpenID provider (docs/sign-in.md)."""
