#!/bin/sh
# access.sh plan    say what the file would change
# access.sh apply   change it
#
# MANAGE is how manage.py is reached from here. On the other side stands a program
# that lets this key plan, or apply, and nothing else: see README.md.
# TOKENS is where the tokens of new robots go there: "--tokens-command PROGRAM".
set -eu

: "${MANAGE:=manage.py}"
: "${TOKENS:=}"
ONLY="--only acme"

case "${1:-}" in
    plan)
        # 0: nothing to do; 3: changes pending; anything else: refused.
        code=0
        $MANAGE apply_access - $ONLY --prune --dry-run < acme.yaml || code=$?
        [ "$code" -eq 0 ] || [ "$code" -eq 3 ] || exit "$code"
        ;;
    apply)
        $MANAGE apply_access - $ONLY --prune $TOKENS < acme.yaml
        ;;
    *)
        echo "usage: access.sh plan|apply" >&2
        exit 2
        ;;
esac
