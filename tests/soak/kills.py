"""Kill -9 at random moments: afterwards the register is the old or the new one, and the same command completes it."""

import hashlib
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import time

from office import Feed, Office, fail

# What differs between two undisturbed calls: clocks, salted packages, the order of acts.
VOLATILE = {"at", "made_at", "sealed_at", "seq", "sealed_seq", "package_sha256", "folder", "package", "told"}
APART = {"audit_log", "meta", "counter", "operator", "number_range"}


def database(office, name="kansho.db"):
    """A reader of a copy, so that nothing of the register itself is touched."""
    place = office.folder.parent / "read"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    for end in ["", "-wal"]:
        if (office.folder / (name + end)).exists():
            shutil.copy(office.folder / (name + end), place / ("copy.db" + end))
    return sqlite3.connect(place / "copy.db")


def state(link):
    """Everything the register holds, without clocks."""
    sum = hashlib.sha256()
    tables = [name for (name,) in link.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    for table in tables:
        if table in APART:
            continue
        columns = [row[1] for row in link.execute(f"PRAGMA table_info({table})") if row[1] not in VOLATILE]
        for row in link.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY 1, 2, 3"):
            sum.update(repr((table, row)).encode())
    return sum.hexdigest()


def numbers_once(link):
    """No number twice: ranges apart from each other, every piece in one, no piece with another's."""
    ranges = link.execute("SELECT first_no, last_no FROM number_range ORDER BY first_no").fetchall()
    for (_, last), (first, _) in zip(ranges, ranges[1:]):
        if first <= last:
            fail(f"発行no {first} is reserved twice")
    pieces = [number for (number,) in link.execute("SELECT hakkono FROM piece ORDER BY hakkono")]
    if len(pieces) != len(set(pieces)):
        fail("a 発行no is on two pieces")
    for number in pieces:
        if not any(first <= number <= last for first, last in ranges):
            fail(f"発行no {number} was never reserved")
    twice = link.execute(
        "SELECT person, programme, count(*) FROM notice WHERE state = 'sealed' GROUP BY person, programme, trigger_id, period HAVING count(*) > 1"
    ).fetchall()
    if twice:
        fail(f"issued twice: {twice}")
    lost = link.execute(
        "SELECT count(*) FROM batch b JOIN piece p ON p.run = b.run LEFT JOIN notice n ON n.hakkono = p.hakkono "
        "WHERE b.state = 'sealed' AND p.pulled IS NULL AND n.id IS NULL"
    ).fetchone()[0]
    if lost:
        fail(f"{lost} sealed pieces have no notice")


def names(office):
    """What lies in the folder."""
    return sorted(entry.name for entry in office.folder.iterdir() if not entry.name.endswith(("-wal", "-shm")))


def sound(office, register="kansho.db"):
    """The register opens, its log's chain is whole, its pages are."""
    log = office.json("audrey", "log", "verify", "--register", register)
    if not log["ok"]:
        fail(f"log: {log}")
    check = office.call("admin", "check", "--format", "json", "--register", register)
    if check.code not in (0, 1) or not check.json()["integrity"]:
        fail(f"check: {check}")
    return check


class Act:
    """One command, in an office that is ready for it."""

    who, name, words = "admin", "", ()

    def __init__(self, founded, work):
        # Always in the same place: a run id holds the folder of the settings.
        self.place = work / "desk"
        office = founded.copy(self.place)
        self.prepare(office)
        self.old = state(database(office))
        self.base = office.copy(work / "base")

    def prepare(self, office):
        """What must be there before."""

    def undisturbed(self, times=3):
        """How long it takes, and what it leaves."""
        took = []
        for _ in range(times):
            office = self.base.copy(self.place)
            began = time.monotonic()
            answer = office.done(self.who, *self.words)
            took.append(time.monotonic() - began)
        self.new, self.left, self.meant = state(database(office)), names(office), self.made(office, answer)
        return min(took)

    def made(self, office, answer):
        """What the act made, as its rerun must make it."""
        return None

    def is_new(self, office):
        """The register after a kill; the rest of what the act leaves may be one step behind."""
        found = state(database(office))
        if found not in (self.old, self.new):
            fail(f"{self.name}: the register is neither the old nor the new one ({office.folder})")
        return found == self.new

    def again(self, office, new):
        """The same command, which ends what was begun."""
        return office.done(self.who, *self.words)

    def once(self, moment):
        """One kill; `None` when the act was done before it."""
        office = self.base.copy(self.place)
        process = office.start(self.who, *self.words, start_new_session=True)
        try:
            process.communicate(timeout=moment)
            return None
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        if process.returncode != -signal.SIGKILL:
            return None
        check = sound(office)
        numbers_once(database(office))
        new = self.is_new(office)
        self.just_killed(office, new, check)
        answer = self.again(office, new)
        sound(office)
        link = database(office)
        numbers_once(link)
        if state(link) != self.new:
            fail(f"{self.name}: the rerun ends otherwise than an undisturbed call ({office.folder})")
        if names(office) != self.left:
            fail(f"{self.name}: left in the folder: {sorted(set(names(office)) ^ set(self.left))}")
        made = self.made(office, answer)
        if made != self.meant:
            fail(f"{self.name}: the rerun made {made}, not {self.meant}")
        return new

    def just_killed(self, office, new, check):
        """What else must hold after the kill."""


class Import(Act):
    name = "import"

    def prepare(self, office):
        feed = Feed()
        for row in feed.people[50:150]:
            row["方書"] = "見本荘１０１"
        feed.extracted("2026-12-02")
        options, _ = feed.put(office, "feed")
        self.words = ["import", "residents", *options[1:]]


class Run(Act):
    name, who = "run", "alice"
    words = ("run", "--as-of", "2026-12-01", "--out", "B")

    def undisturbed(self, times=3):
        took = super().undisturbed(times)
        # The one moment that chance seldom meets: the register has it and the folder has no name yet.
        office, dead = Office(self.base.binary, self.place), self.place / ".kansho-killed"
        dead.mkdir()
        (dead / "lock").touch()
        (self.place / "B").rename(dead / "out")
        answer = office.done(self.who, *self.words)
        if (self.made(office, answer), names(office), state(database(office))) != (self.meant, self.left, self.new):
            fail(f"{self.name}: killed before its folder had its name, it is made otherwise")
        return took

    def made(self, office, answer):
        office.done(None, "verify", "B")
        rows = database(office).execute("SELECT run, root, state FROM batch").fetchall()
        return rows, database(office).execute("SELECT content, first_no, last_no FROM number_range").fetchall()

    def again(self, office, new):
        answer = office.call(self.who, *self.words)
        if answer.code == 0:
            return answer
        # It had been done, and the folder is never written over.
        if not new or answer.code != 1 or "空ではありません" not in answer.told:
            fail(f"{self.name}: {answer}")
        return None


class Seal(Act):
    name, who = "seal", "alice"

    def prepare(self, office):
        office.done("alice", *Run.words)
        for who in ("alice", "bob"):
            office.done(who, "approve", "B")
        feed = Feed()
        for row in [row for row in feed.people if not row["消除日"] and not row["転出予定日"]][60:75]:
            row["異動事由"], row["消除日"] = "転出", "2026-12-02"
        feed.extracted("2026-12-02")
        options, _ = feed.put(office, "feed")
        self.words = ["seal", "B", *options, "--handover-on", "2026-12-03", "--out", "P.zip"]
        self.words += ["--pack-passphrase-file", "受渡の合言葉.txt", "--format", "json"]

    def made(self, office, answer):
        office.done(None, "verify", "P.zip", "--pack-passphrase-file", "受渡の合言葉.txt")
        told = answer.json()
        return told["package"]["root"], told["printed"], told["pulled"], told["issue_no"]


class Reissue(Run):
    name, who = "reissue", "bob"
    words = ("reissue", "9900000100", "--programme", "mr1", "--as-of", "2026-12-03", "--reason", "紛失", "--out", "B")


class Backup(Act):
    name = "backup"
    words = ("backup", "--out", "控え.db", "--format", "json")

    def is_new(self, office):
        super().is_new(office)
        return (office.folder / "控え.db").exists()

    def again(self, office, new):
        answer = office.call(self.who, *self.words)
        if answer.code and not (new and "[G606]" in answer.told):
            fail(f"{self.name}: {answer}")
        return answer

    def made(self, office, answer):
        copy = office.folder / "控え.db"
        sha256 = hashlib.sha256(copy.read_bytes()).hexdigest()
        other = office.folder / "その控え.db"
        office.done("admin", "restore", copy.name, "--sha256", sha256, "--register", other.name, "--issued-up-to", "1", "--reason", "試し")
        sound(office, other.name)
        found = state(database(office, other.name))
        for end in ["", "-wal", "-shm"]:
            pathlib.Path(f"{other}{end}").unlink(missing_ok=True)
        return found


class Restore(Backup):
    name = "restore"

    def prepare(self, office):
        told = office.json("admin", "backup", "--out", "写し.db")
        self.words = ["restore", "写し.db", "--sha256", told["sha256"], "--register", "控え.db", "--issued-up-to", "500000", "--reason", "試し"]

    def made(self, office, answer):
        sound(office, "控え.db")
        return state(database(office, "控え.db"))


class Purge(Act):
    name = "purge"
    day = ("purge", "--as-of", "2035-04-01")

    def prepare(self, office):
        told = office.json("admin", *self.day, "--dry-run")
        self.words = [*self.day, "--confirm", told["people"]]
        gone = set(told["numbers"])
        link = database(office)
        rows = link.execute("SELECT p.yobosesshubango, r.shimei FROM person p JOIN resident r ON r.person = p.id").fetchall()
        kept = "".join(name for number, name in rows if number not in gone)
        self.traces = [number.encode() for number in gone]
        self.traces += [name.encode() for number, name in rows if number in gone and name and name not in kept]

    def bytes_left(self, office):
        files = [path.read_bytes() for path in office.folder.glob("kansho.db*")]
        return [trace for trace in self.traces if any(trace in text for text in files)]

    def just_killed(self, office, new, check):
        # Rows are gone and their bytes not yet: the check says so until they are.
        if new and self.bytes_left(office) and check.code != 1:
            fail(f"{self.name}: bytes of the people are left and nobody is told: {check}")

    def again(self, office, new):
        answer = office.call(self.who, *self.words)
        if answer.code and not (new and "[G641]" in answer.told):
            fail(f"{self.name}: {answer}")
        if answer.code:
            answer = office.done(self.who, *self.day, "--confirm", "0")
        return answer

    def made(self, office, answer):
        if self.bytes_left(office):
            fail(f"{self.name}: bytes of {len(self.bytes_left(office))} names and numbers are left")
        return None


ACTS = [Import, Run, Seal, Reissue, Backup, Restore, Purge]


def soak(founded, work, times, say):
    """Kills every act `times` times."""
    say(f"{'act':<9}{'undisturbed':>12}{'kills':>7}{'old':>6}{'new':>6}{'reruns ok':>11}")
    for act in ACTS:
        one = act(founded, work)
        longest = one.undisturbed()
        killed, new, tries = 0, 0, 0
        while killed < times:
            tries += 1
            if tries > 20 * times + 20:
                fail(f"{act.name}: it ends before it can be killed")
            ended = one.once(random.uniform(0, longest))
            if ended is not None:
                killed, new = killed + 1, new + ended
        say(f"{act.name:<9}{longest:>10.2f} s{killed:>7}{killed - new:>6}{new:>6}{killed:>11}")
