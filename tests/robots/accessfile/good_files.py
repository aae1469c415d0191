"""Access files that are right, for tests of reading, of the schema and of the docs."""

COMPLETE = """\
version: 1
namespaces:
  acme:
    enabled: true
    email: ops@example.com
    invoice_email: false
    invoice_email_address: bills@example.com
    tag_expiration_s: 86400
    teams:
      builders:
        role: creator
        description: Who builds
        members: [acme+ci, alice]
    robots:
      ci:
        description: Builds
        enabled: true
        expires_at: 2030-01-01T02:00:00+02:00
        metadata: {owner: alice, ports: [80, 443], ratio: 0.5, old: false, note: null}
        trusts:
          - issuer: https://issuer.example.com
            subject: build-7
            audiences: [https://quay.example.com]
    repositories:
      base/images: {}
      web:
        visibility: public
        state: MIRROR
        mirror_robot: ci
        description: |
          The shop.
          It sells.
        permissions:
          acme+ci: write
          team:builders: {role: read, until: 2030-06-30T00:00:00Z}
          alice: none
    default_permissions:
      - to: team:builders
        role: read
        creator: alice
      - to: acme+ci
        role: admin
  alice:
    personal: true
    partial: true
    robots: {}
"""
"""A file with every key of the format."""

UNQUOTED = """\
version: 1
namespaces:
  1234:
    teams:
      on: {members: [1234+0x1f, 99, yes]}
    robots:
      0x1f: {description: 007, expires_at: null, metadata: {1: yes}}
    repositories:
      1e5:
        mirror_robot: null
        permissions: {99: read, true: {role: write, until: null}}
    default_permissions:
      - {to: 1.5, role: read, creator: null}
"""
"""Names and texts that are words of YAML, without quotes."""

EMPTY = "version: 1\nnamespaces: {}\n"

GOOD_FILES = {"complete": COMPLETE, "unquoted": UNQUOTED, "empty": EMPTY}
