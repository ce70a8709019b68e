"""Eight processes at once on one register: no number twice, nothing lost, nobody told that it is locked."""

import collections
import re

from kills import database, numbers_once, sound
from office import Feed, fail


def flagged(office, who, person, at):
    return who, ["flag", person, "発送停止", "--from", "2026-12-01", "--until", "2027-03-31", "--reason", f"試し{at}"]


def eight(office, rounds, say):
    """`rounds` times eight commands that begin together."""
    told = collections.Counter()
    listed = office.json("alice", "select", "--as-of", "2026-12-01")
    due = [one["person"] for one in listed if one["decision"] == "selected" and one["programme"] == "mr1"]
    quiet = sorted({one["person"] for one in listed if one["reason"] != "protected"} - set(due))
    done = {"flag": [], "reissue": [], "run": [], "approve": [], "import": 0, "seal": []}
    before = None
    for at in range(rounds):
        feed = Feed()
        for row in feed.people[at * 10 : at * 10 + 60]:
            row["方書"] = f"見本荘{at + 1}号"
        options, _ = feed.put(office, f"feed-{at}")
        day = f"2026-12-{1 + at % 28:02}"
        work = [
            ("alice", ["run", "--as-of", "2026-12-01", "--post-on", day, "--out", f"A-{at}"]),
            ("bob", ["run", "--as-of", "2026-12-01", "--post-on", day, "--out", f"B-{at}"]),
            ("alice", ["reissue", due[at % len(due)], "--programme", "mr1", "--as-of", "2026-12-01", "--reason", "紛失", "--out", f"R-{at}", "--format", "json"]),
            ("bob", ["reissue", due[-1 - at % len(due)], "--programme", "mr1", "--as-of", "2026-12-01", "--reason", "汚損", "--out", f"S-{at}", "--format", "json"]),
            ("admin", ["import", "residents", *options[1:]]),
            flagged(office, "carol", quiet[2 * at % len(quiet)], at),
            flagged(office, "carol", quiet[(2 * at + 1) % len(quiet)], at),
            ("bob", ["approve", before]) if before else ("alice", ["select", "--as-of", "2026-12-01", "--format", "json"]),
        ]
        started = [(who, words, office.start(who, *words)) for who, words in work]
        for who, words, process in started:
            out, error = (stream.decode() for stream in process.communicate())
            verb = words[0]
            if process.returncode not in (0, 1) or re.search("lock|busy|panic|内部の誤り|使っています", error, re.IGNORECASE):
                fail(f"eight: {who} {' '.join(words)}: {process.returncode} {error}")
            code = re.search(r"エラー\[(\w+)\]", error)
            told[verb, "done" if process.returncode == 0 else code.group(1) if code else error.strip().splitlines()[0][:60]] += 1
            if process.returncode == 0:
                if verb == "import":
                    done["import"] += 1
                elif verb in done:
                    done[verb].append(words[1] if verb != "run" else words[-1])
        before = next((folder for folder in (f"A-{at}", f"B-{at}") if (office.folder / folder).exists()), None)
        if before:
            office.done("alice", "approve", before)
    sound(office)
    link = database(office)
    numbers_once(link)
    count = lambda sql: link.execute(sql).fetchone()[0]
    kept = {
        "flag": (len(done["flag"]), count("SELECT count(*) FROM mark WHERE kind = '発送停止' AND from_import IS NULL")),
        "reissue": (len(done["reissue"]), count("SELECT count(*) FROM notice WHERE kind = 'reissue'")),
        "import": (done["import"], count("SELECT count(*) FROM feed WHERE kind = 'residents'") - 1),
        "approve": (len(done["approve"]), count("SELECT count(*) FROM approval WHERE by_operator = 'bob'")),
    }
    for what, (said, stands) in kept.items():
        if said != stands:
            fail(f"eight: {said} × {what} were done and {stands} stand in the register")
    for folder in done["run"]:
        office.done(None, "verify", folder)
    say(f"eight processes at once, {rounds} rounds: {count('SELECT count(*) FROM piece')} pieces, no 発行no twice, no update lost")
    for (verb, how), times in sorted(told.items()):
        say(f"  {verb:<9}{how:<24}{times:>4}")
