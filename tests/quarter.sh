#!/usr/bin/env bash
# The samples through a quarter (issue 14): feeds, runs, approvals, seals, a cancel, returns, reissues, corrections; every month the register
# and the files of the same day decide alike, but for what the register knows more. Prints a table; stops at the first unexplained difference.
#   tests/quarter.sh [PROGRAM]        target/release/kansho
set -euo pipefail
command -v python3 >/dev/null || { echo "tests/quarter.sh: python3 is needed" >&2; exit 2; }
exec python3 -B "$(dirname "$0")/soak/quarter.py" "$@"
