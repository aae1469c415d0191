"""How applications come by tokens: the OAuth 2.0 endpoints, over django-oauth-toolkit.

Two ways only: an authorization code (RFC 6749 section 4.1, with PKCE), and, where
OAUTH_IMPLICIT_FLOW is on, a token in the fragment (section 4.2).
"""
