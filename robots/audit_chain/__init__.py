"""Proving that the audit log is what was written: `docs/audit.md` explains the chain.

Events are sealed soon after they are committed, never in the transaction that writes
them: a chain that every writer had to extend would make all of them wait for the
slowest one. A seal covers the events after those of the seal before it.
"""
