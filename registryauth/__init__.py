"""The registry token endpoint: who is this, and what may it do to this repository?"""
