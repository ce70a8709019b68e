#!/bin/sh
# One letter, one CSV, several engines: letters a second, bytes a letter, peak memory.
#
#   benches/peers.sh PEOPLE.csv [WORK_FOLDER]
#
# PEOPLE.csv has the columns of examples/peer_letter. kansho runs with one thread and with two; ReportLab by benches/peers/reportlab.py
# (pip install reportlab). Typst and iText 5 run when PEERS_DIR names a folder with typst.py and ITextPeer.java, each called with
# "letter.json PEOPLE.csv OUT.pdf". What is missing is named and skipped.
set -eu

[ $# -ge 1 ] || { echo "benches/peers.sh PEOPLE.csv [WORK_FOLDER]" >&2; exit 2; }
people=$1
work=${2:-$(mktemp -d)}
here=$(cd "$(dirname "$0")/.." && pwd)
letter=$here/examples/peer_letter/letter.json
count=$(($(wc -l < "$people") - 1))
peers=${PEERS_DIR:-$here/benches/peers}

cargo build --quiet --release --manifest-path "$here/Cargo.toml" --example peer_letter
kansho=${CARGO_TARGET_DIR:-$here/target}/release/examples/peer_letter
mkdir -p "$work"

skip() { echo "skipped: $1: $2" >&2; }

# measure NAME OUT COMMAND...: one warm-up, then the median of three.
measure() {
    name=$1; out=$2; shift 2
    "$@" > /dev/null 2>&1 || { skip "$name" "it failed: $*"; return; }
    python3 - "$name" "$out" "$count" "$@" <<'PY'
import os, resource, subprocess, sys, time
name, out, count, command = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
runs = []
for _ in range(3):
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    runs.append((time.monotonic() - start, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
wall, cpu = sorted(runs)[1]
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
print(f"| {name} | {count} | {wall:.2f} | {cpu:.2f} | {count / wall:,.0f} | {os.path.getsize(out) / count:,.0f} | {peak:,.0f} |")
PY
}

echo "| engine | letters | wall s | CPU s | letters/s | bytes/letter | peak MB |"
echo "|---|---|---|---|---|---|---|"
measure "kansho, 2 threads" "$work/kansho.pdf" env RAYON_NUM_THREADS=2 "$kansho" "$people" "$work/kansho.pdf"
measure "kansho, 1 thread" "$work/kansho1.pdf" env RAYON_NUM_THREADS=1 "$kansho" "$people" "$work/kansho1.pdf"
cmp -s "$work/kansho.pdf" "$work/kansho1.pdf" || { echo "the bytes depend on the number of threads" >&2; exit 1; }

for module in reportlab typst; do
    driver=$peers/$module.py
    [ -f "$driver" ] || driver=$here/benches/peers/$module.py
    if ! python3 -c "import $module" 2> /dev/null; then
        skip "$module" "python3 does not have it (pip install $module)"
    elif [ ! -f "$driver" ]; then
        skip "$module" "$module.py is missing in PEERS_DIR"
    else
        measure "$module" "$work/$module.pdf" python3 "$driver" "$letter" "$people" "$work/$module.pdf"
    fi
done
jar=${ITEXT_JAR:-/usr/share/java/itext5.jar}
if ! command -v java > /dev/null || [ ! -f "$jar" ]; then
    skip "iText 5" "java or $jar is missing (Debian: default-jdk-headless libitext5-java)"
elif [ ! -f "$peers/ITextPeer.java" ]; then
    skip "iText 5" "ITextPeer.java is missing in PEERS_DIR"
else
    measure "iText 5" "$work/itext.pdf" java -cp "$jar" "$peers/ITextPeer.java" "$letter" "$people" "$work/itext.pdf"
fi
