#!/usr/bin/env bash
# kill -9 at TIMES random moments each of import, run, seal, reissue, backup, restore and purge, then eight processes at once on one
# register: the register is the old or the new one, the same command completes it, nothing is issued twice. Stops at the first violation.
#   tests/soak.sh [PROGRAM] [TIMES]        target/release/kansho, 20
set -euo pipefail
command -v python3 >/dev/null || { echo "tests/soak.sh: python3 is needed" >&2; exit 2; }
exec python3 -B "$(dirname "$0")/soak/soak.py" "$@"
