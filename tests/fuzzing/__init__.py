"""Any bytes at all, given to what reads them first: headers, tokens, queries.

Each target takes bytes and raises AssertionError for a wrong answer; any other
exception is one that the code under it should not have raised.
"""
