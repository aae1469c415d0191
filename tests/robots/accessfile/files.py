"""Two files about the same namespaces: each noun differs in each way between them."""

BEFORE = """\
version: 1
namespaces:
  acme:
    enabled: true
    email: ops@example.com
    teams:
      builders:
        role: member
        members: [acme+ci, alice]
      gone:
        role: admin
        members: [bob]
    robots:
      ci:
        description: Builds
        trusts:
          - issuer: https://issuer.example.com
            subject: build-7
            audiences: [https://quay.example.com]
      deploy:
        enabled: false
      idle: {}
    repositories:
      api:
        visibility: private
        permissions:
          acme+idle: read
          bob: read
      old:
        visibility: private
        state: MIRROR
        mirror_robot: idle
      web:
        visibility: private
        state: READ_ONLY
        permissions:
          acme+ci: write
          alice: admin
          team:builders: {role: read, until: 2030-06-30T00:00:00+00:00}
    default_permissions:
      - to: acme+ci
        role: write
      - to: team:builders
        role: read
        creator: alice
  alice:
    personal: true
    robots:
      mine: {}
"""

AFTER = """\
version: 1
namespaces:
  acme:
    enabled: false
    email: team@example.com
    invoice_email: true
    invoice_email_address: bills@example.com
    tag_expiration_s: 86400
    teams:
      builders:
        role: creator
        description: They build
        members: [acme+deploy, alice]
      readers:
        role: member
        members: [bob]
    robots:
      ci:
        description: Builds all
        trusts:
          - issuer: https://issuer.example.com
            subject: build-8
            audiences: [https://quay.example.com]
      deploy:
        enabled: true
        expires_at: 2031-01-01T00:00:00+00:00
        metadata: {owner: alice}
      fresh:
        description: New
        trusts:
          - issuer: https://issuer.example.com
            subject: fresh
            audiences: [https://quay.example.com]
    repositories:
      api:
        visibility: public
        permissions:
          acme+fresh: read
      new:
        visibility: private
        permissions:
          acme+deploy: admin
          team:readers: read
      web:
        visibility: private
        state: MIRROR
        mirror_robot: deploy
        description: The shop
        permissions:
          acme+ci: write
          alice: none
          team:builders: {role: write, until: 2031-06-30T00:00:00+00:00}
    default_permissions:
      - to: acme+ci
        role: read
      - to: team:readers
        role: read
  alice:
    personal: true
    enabled: false
    robots:
      other: {}
"""

PLAN = """\
  ~ organization acme: enabled true -> false
  ~ organization acme: email 'ops@example.com' -> 'team@example.com'
  ~ organization acme: invoice_email false -> true, invoice_email_address '' ->\
 'bills@example.com'
  ~ organization acme: tag_expiration_s 1209600 -> 86400
  ~ robot acme+ci: description 'Builds' -> 'Builds all'
! ~ robot acme+deploy: enabled false -> true, expires_at none ->\
 2031-01-01T00:00:00+00:00, metadata {} -> {"owner": "alice"}
  + robot acme+fresh (description 'New')
! ~ team acme/builders: role member -> creator
  ~ team acme/builders: description '' -> 'They build'
  + team acme/readers (member)
! + member acme/builders acme+deploy (creator)
! + member acme/readers bob (member)
  + repository acme/new (private)
! ~ repository acme/api: visibility private -> public
! ~ repository acme/web: state READ_ONLY -> MIRROR
! ~ repository acme/web: mirror_robot none -> 'deploy'
  ~ repository acme/web: description '' -> 'The shop'
! + permission acme/api acme+fresh (read)
  - permission acme/api acme+idle (read)
  - permission acme/api bob (read)
! + permission acme/new acme+deploy (admin)
! + permission acme/new team:readers (read)
  - permission acme/web alice (admin)
! ~ permission acme/web team:builders: read until 2030-06-30T00:00:00+00:00 ->\
 write until 2031-06-30T00:00:00+00:00
  ~ default permission acme acme+ci: write -> read
  - default permission acme team:builders for what alice creates (read)
! + default permission acme team:readers (read)
! ~ trusts acme+ci: 1 new, 1 removed
! + trusts acme+fresh (1 new)
  - repository acme/old
  - member acme/builders acme+ci
  - team acme/gone
  - robot acme+idle
  ~ personal namespace alice: enabled true -> false
  + robot alice+other
  - robot alice+mine
"""
"""What makes AFTER true where BEFORE is."""
