#!/bin/sh
# One letter, one CSV, several engines: letters a second, bytes a letter, peak memory.
#
#   benches/peers.sh PEOPLE.csv [WORK_FOLDER]
#
# PEOPLE.csv has the columns of examples/peer_letter. kansho runs with one thread and with two; iText 5 (Debian: default-jdk-headless
# libitext5-java), ReportLab and Typst (pip install reportlab typst; PYTHON names the interpreter) by the programs in benches/peers.
# ReportLab and Typst take the first 10,000 people: they make some hundred letters a second, and Typst 0.3 MB of memory of each.
# The limit is what reading and deflating alone take on the machine, at the level kansho writes with.
# What is missing is named and skipped.
set -eu

[ $# -ge 1 ] || { echo "benches/peers.sh PEOPLE.csv [WORK_FOLDER]" >&2; exit 2; }
people=$1
work=${2:-$(mktemp -d)}
here=$(cd "$(dirname "$0")/.." && pwd)
letter=$here/examples/peer_letter/letter.json
count=$(($(wc -l < "$people") - 1))
peers=$here/benches/peers
python=${PYTHON:-python3}

cargo build --quiet --release --manifest-path "$here/Cargo.toml" --example peer_letter --example deflate_limit
built=${CARGO_TARGET_DIR:-$here/target}/release/examples
kansho=$built/peer_letter
mkdir -p "$work"

skip() { echo "skipped: $1: $2" >&2; }

# measure NAME OUT LETTERS COMMAND...: one warm-up, then the median of three.
measure() {
    name=$1; out=$2; letters=$3; shift 3
    "$@" > /dev/null 2>&1 || { skip "$name" "it failed: $*"; return; }
    python3 - "$name" "$out" "$letters" "$@" <<'PY'
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
measure "kansho, 2 threads" "$work/kansho.pdf" "$count" env RAYON_NUM_THREADS=2 "$kansho" "$people" "$work/kansho.pdf"
measure "kansho, 1 thread" "$work/kansho1.pdf" "$count" env RAYON_NUM_THREADS=1 "$kansho" "$people" "$work/kansho1.pdf"
cmp -s "$work/kansho.pdf" "$work/kansho1.pdf" || { echo "the bytes depend on the number of threads" >&2; exit 1; }

# What reading the people and deflating one page each takes, and nothing else: no program with this compression is faster.
head -n 2001 "$people" > "$work/some.csv"
"$kansho" "$work/some.csv" "$work/some.pdf"
for threads in 2 1; do
    measure "limit, $threads threads" "$work/limit" "$count" \
        env RAYON_NUM_THREADS=$threads "$built/deflate_limit" "$people" "$work/some.pdf" "$work/limit"
done

jar=${ITEXT_JAR:-/usr/share/java/itext5.jar}
if ! command -v javac > /dev/null || [ ! -f "$jar" ]; then
    skip "iText 5" "javac or $jar is missing (Debian: default-jdk-headless libitext5-java)"
else
    javac -d "$work" -cp "$jar" "$peers/ITextPeer.java"
    measure "iText 5" "$work/itext.pdf" "$count" \
        java "-Dface=$here/fonts/BIZUDPGothic-Regular.ttf" -cp "$jar:$work" ITextPeer "$letter" "$people" "$work/itext.pdf"
fi

head -n 10001 "$people" > "$work/people.csv"
few=$(($(wc -l < "$work/people.csv") - 1))
for module in reportlab typst; do
    if ! "$python" -c "import $module" 2> /dev/null; then
        skip "$module" "$python does not have it (pip install $module)"
    else
        measure "$module" "$work/$module.pdf" "$few" "$python" "$peers/$module.py" "$letter" "$work/people.csv" "$work/$module.pdf"
    fi
done
