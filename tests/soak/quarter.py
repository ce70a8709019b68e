"""`tests/quarter.sh [PROGRAM]`: the samples through a quarter; every month the register and the files of the day decide alike."""

import collections
import datetime
import pathlib
import shutil
import sys
import tempfile

from kills import database, numbers_once, sound
from office import Feed, Office, binary, fail

# The samples' shots thin out towards the past.
GAP = ["--accept-import-gap", "見本"]
PASS = ["--pack-passphrase-file", "受渡の合言葉.txt"]
# 予防接種コード, 接種回数, 回数 of the dose a programme is about.
DOSES = {"mr1": ("11", "1", "1"), "bcg": ("10", "1", "1")}


def pairs(listed):
    return {(one["person"], one["programme"]): (one["decision"], one["reason"]) for one in listed}


class Quarter:
    """The office, its feed as it changes, and what is told of each month."""

    def __init__(self, program, work):
        self.office, self.feed = Office(program, work / "desk").found(), Feed()
        self.rows, self.previous, self.flags, self.missing = [], None, set(), set()

    def take(self, name, extracted, *more):
        """Imports the feed as it is now."""
        self.feed.extracted(extracted)
        options, ledger = self.feed.put(self.office, name)
        people = self.office.json("admin", "import", "residents", *options[1:], *more)
        doses = self.office.json("admin", "import", "ledger", ledger)
        again = self.office.json("admin", "import", "ledger", ledger)
        if not again["repeated"] or again["new"] + again["changed"]:
            fail(f"{name}: the same ledger twice changed something: {again}")
        return options, ledger, people, doses

    def alike(self, options, ledger, as_of):
        """The differences between register and files by what the register knows more; one that is not explained ends it."""
        since = ["--previous", self.previous] if self.previous else []
        files = pairs(self.office.json(None, "select", *options, "--ledger", ledger, "--as-of", as_of, *since, *GAP))
        register = pairs(self.office.json("alice", "select", "--as-of", as_of, *GAP))
        link, why = database(self.office), collections.Counter()
        known = lambda sql: set(link.execute(sql))
        of = "JOIN person p ON p.id = "
        noticed = known(f"SELECT p.yobosesshubango, programme FROM notice n {of} n.person WHERE n.state IN ('sealed', 'returned')")
        pulled = known(f"SELECT p.yobosesshubango, programme FROM piece i {of} i.person WHERE i.pulled IS NOT NULL")
        returned = {person for (person,) in known(f"SELECT p.yobosesshubango FROM returned r {of} r.person WHERE r.ended_import IS NULL")}
        kept = {person for person, _ in register}
        for pair in sorted(files.keys() | register.keys()):
            person, _ = pair
            ours, theirs = register.get(pair), files.get(pair)
            if ours == theirs:
                why["alike"] += 1
            elif ours is None and person not in kept and theirs[0] not in ("selected", "held") and theirs[1] != "protected":
                why["of nobody kept"] += 1
            elif theirs is None and person in self.missing and ours[0] != "selected":
                why["the feed lacks them"] += 1
            elif ours and ours[1] == "returned" and person in returned:
                why["returned"] += 1
            elif ours and ours[1] == "mail_stopped" and person in self.flags:
                why["flag"] += 1
            elif ours and theirs and ours[1] == "already_notified" and pair in noticed:
                why["notice issued"] += 1
            elif ours and theirs and theirs[1] == "already_notified" and pair in pulled:
                why["pulled"] += 1
            else:
                fail(f"{as_of} {pair}: register {ours}, files {theirs}")
        return why, collections.Counter(decision for decision, _ in register.values())

    def batch(self, name, as_of, handover, sealing):
        """run → two approvals → seal."""
        self.office.done("alice", "run", "--as-of", as_of, "--out", name, *GAP)
        self.office.done(None, "verify", name)
        for who in ("alice", "bob"):
            self.office.done(who, "approve", name)
        package = f"{name}.zip"
        told = self.office.json("alice", "seal", name, *sealing, "--handover-on", handover, "--out", package, *PASS)
        if told["selected"] != told["printed"] + len(told["pulled"]):
            fail(f"{name}: {told}")
        self.office.done(None, "verify", package, *PASS)
        return told

    def delivered(self, name, printed, on, erased, certificate):
        counts = ["--received", printed, "--printed", printed + 2, "--spoiled", 2, "--mailed", printed - 1, "--withdrawn", 1]
        self.office.done("alice", "receipt", name, *counts, "--on", on, "--by", "見本印刷")
        self.office.done("alice", "receipt", name, "--erased-on", erased, "--certificate", certificate)

    def mailed(self, run):
        """Person, programme and 発行no of a batch's notices that count."""
        notices = "SELECT p.yobosesshubango, n.programme, n.hakkono FROM notice n JOIN person p ON p.id = n.person"
        return database(self.office).execute(f"{notices} WHERE n.run = ? AND n.state = 'sealed' ORDER BY n.no", (run,)).fetchall()

    def back(self, number, on):
        self.office.done("bob", "returns", "add", number, "--reason", "あて所なし", "--on", on)

    def reissue(self, person, programme, as_of, out):
        return self.office.json(
            "bob", "reissue", person, "--programme", programme, "--as-of", as_of, "--reason", "紛失", "--out", out, *GAP
        )

    # What happens to people.

    def leaves(self, person, on, why="転出"):
        row = self.feed.person(person)
        row["異動事由"], row["消除日"] = why, on
        if why == "死亡":
            row["死亡日"] = on

    def given(self, person, programme, on):
        heads = ["予防接種コード", "接種回数", "回数"]
        like = next(row for row in self.feed.ledger if row["実施日"] and tuple(row[head] for head in heads) == DOSES[programme])
        row, of = dict(like), self.feed.person(person)
        for head in ["通知日", "発行no", "種類", "種類名称", "処理日", "消除フラグ"]:
            row[head] = ""
        row.update(予防接種番号=person, 生年月日=of["生年月日"], 実施日=on, 登録日=on, 性別=of["性別"])
        row.update(氏名_漢字=of["氏名"], 氏名_カナ=of["フリガナ"], 郵便番号=of["郵便番号"], 住所=of["住所"])
        self.feed.ledger.append(row)

    def grow_up(self, people, months):
        """A month's (two months') younger neighbour of each of these people, with the same shots as much later."""
        shift = datetime.timedelta(31 * months)
        later = lambda day: (datetime.date.fromisoformat(day) + shift).isoformat()
        for at, person in enumerate(people):
            row = dict(self.feed.person(person))
            try:
                row["生年月日"], row["住民となった日"] = later(row["生年月日"]), later(row["住民となった日"])
            except ValueError:
                continue
            number = f"{months:02}{at:04}"
            row.update(予防接種番号=f"9910{number}", 宛名番号=f"8810{number}", 世帯番号=f"7710{number}", 氏名=f"{row['氏名']}二")
            self.feed.people.append(row)
            for dose in [dose for dose in self.feed.ledger if dose["予防接種番号"] == person and dose["実施日"]]:
                day = datetime.datetime.strptime(dose["実施日"].replace("-", ""), "%Y%m%d").date() + shift
                if day > datetime.date(2026, 11, 30) + shift:
                    continue
                dose = dict(dose, 予防接種番号=row["予防接種番号"], 生年月日=row["生年月日"], 氏名_漢字=row["氏名"], 実施日=day.isoformat(), 登録日=day.isoformat())
                self.feed.ledger.append(dose)

    def told(self, month, people, doses, why, decisions, sealed, events):
        explained = ", ".join(f"{reason} {count}" for reason, count in sorted(why.items()) if reason != "alike") or "none"
        feed = f"{people['new']}/{people['changed']} + {doses['new']}/{doses['changed']}"
        self.rows.append([month, feed, str(why["alike"]), explained, str(decisions["selected"]), f"{sealed['printed']} + {len(sealed['pulled'])}", events])


def quarter(program, work):
    """Three months."""
    q = Quarter(program, work)
    # December.
    options, ledger, people, doses = q.take("2026-12", "2026-12-01")
    why, decisions = q.alike(options, ledger, "2026-12-01")
    chosen = [(one["person"], one["programme"]) for one in q.office.json("alice", "select", "--as-of", "2026-12-01") if one["decision"] == "selected"]
    of = lambda programme: [person for person, name in chosen if name == programme]
    # Of whom a month later others are as old.
    young = [person for programme in ("infant", "bcg", "mr1", "var", "je1") for person in of(programme)]
    infants, adults, babies, toddlers = of("infant"), of("pneumo_adult"), of("bcg"), of("mr1")
    q.leaves(infants[0], "2026-12-02")
    q.leaves(adults[0], "2026-12-02", "死亡")
    q.feed.extracted("2026-12-02")
    sealing, _ = q.feed.put(q.office, "2026-12-seal")
    december = q.batch("B-2026-12", "2026-12-01", "2026-12-03", sealing)
    q.delivered("B-2026-12", december["printed"], "2026-12-10", "2027-01-04", "証明第1号")
    adult = [one for one in q.mailed(december["run"]) if one[1] == "pneumo_adult"]
    for _, _, number in adult[:3]:
        q.back(number, "2026-12-18")
    q.reissue(toddlers[0], "mr1", "2026-12-21", "R-2026-12")
    q.office.done("carol", "flag", of("je1")[0], "発送停止", "--from", "2026-12-22", "--reason", "本人の申出")
    q.flags.add(of("je1")[0])
    q.told("2026-12", people, doses, why, decisions, december, "3 returned, 1 reissued, 1 flag, erased")
    q.previous = "B-2026-12"
    # January: two move away, one dies, one is protected, shots are recorded, a day is corrected, a returned address is mended.
    for person in infants[1:3]:
        q.leaves(person, "2026-12-20")
    q.leaves(adult[5][0], "2026-12-28", "死亡")
    hidden = of("mr2")[0]
    q.feed.mark("支援措置", 予防接種番号=hidden, 区分="本支援", 開始日="2026-12-15", 終了日="2027-12-14")
    for person in toddlers[1:6]:
        q.given(person, "mr1", "2026-12-11")
    for person in babies[:4]:
        q.given(person, "bcg", "2026-12-16")
    corrected = next(row for row in q.feed.ledger if row["実施日"] and row["予防接種番号"] == "9900000097")
    corrected["実施日"] = corrected["実施日"][:-1] + ("1" if corrected["実施日"][-1] != "1" else "2")
    q.feed.person(adult[0][0])["方書"] = "見本荘２０２"
    q.grow_up(young, 1)
    options, ledger, people, doses = q.take("2027-01", "2027-01-04")
    if doses["changed"] != 1:
        fail(f"one dose was corrected: {doses}")
    why, decisions = q.alike(options, ledger, "2027-01-04")
    gone = {person for person, _ in chosen if person in (infants[1], infants[2], adult[5][0], hidden)}
    still = pairs(q.office.json("alice", "select", "--as-of", "2027-01-04", *GAP))
    if any(decision == "selected" for (person, _), (decision, _) in still.items() if person in gone):
        fail("somebody who left, died or is protected is selected")
    first = q.batch("C-2027-01", "2027-01-04", "2027-01-06", options)
    for who in ("alice", "bob"):
        ended = q.office.json(who, "cancel", "C-2027-01", "--reason", "ひな形の誤り")
    if ended["state"] != "cancelled":
        fail(f"cancel: {ended}")
    january = q.batch("B-2027-01", "2027-01-04", "2027-01-07", options)
    if (first["printed"], first["issue_no"]["last"] < january["issue_no"]["first"]) != (january["printed"], True):
        fail(f"after the cancel: {first} {january}")
    q.delivered("B-2027-01", january["printed"], "2027-01-12", "2027-01-29", "証明第2号")
    sent = q.mailed(january["run"])
    q.back(sent[0][2], "2027-01-20")
    lost = next((person, programme) for person, programme, _ in sent[1:] if programme not in ("flu", "covid"))
    q.reissue(*lost, "2027-01-21", "R-2027-01")
    q.told("2027-01", people, doses, why, decisions, january, "1 cancelled and made again, 1 returned, 1 reissued, erased")
    q.previous = "B-2027-01"
    # February: somebody comes, somebody is missing from the feed, more shots.
    q.grow_up(young, 2)
    new = dict(q.feed.person(infants[4]))
    new.update(予防接種番号="9900009999", 宛名番号="8800009999", 世帯番号="7700009999", 氏名="見本　新", フリガナ="ミホン　アラタ")
    new.update(住民となった日="2027-01-15", 異動事由="転入")
    q.feed.people.append(new)
    lacking = q.feed.person(infants[5])
    q.feed.people.remove(lacking)
    q.missing.add(infants[5])
    for person in toddlers[8:11]:
        q.given(person, "mr1", "2027-01-15")
    for person in babies[4:7]:
        q.given(person, "bcg", "2027-01-20")
    options, ledger, people, doses = q.take("2027-02", "2027-02-01", "--accept-missing", "住民課に照会中")
    if people["missing"] != 1:
        fail(f"one is missing: {people}")
    why, decisions = q.alike(options, ledger, "2027-02-01")
    february = q.batch("B-2027-02", "2027-02-01", "2027-02-03", [*options, "--accept-missing", "住民課に照会中"])
    q.delivered("B-2027-02", february["printed"], "2027-02-08", "2027-02-26", "証明第3号")
    q.told("2027-02", people, doses, why, decisions, february, "1 moved in, 1 missing, erased")
    # At its end.
    sound(q.office)
    link = database(q.office)
    numbers_once(link)
    states = collections.Counter(one["state"] for one in q.office.json("audrey", "batches"))
    heads = ["month", "feed new/changed: people + doses", "decisions alike", "differing, by what the register knows", "selected", "printed + pulled", "also"]
    for row in [heads, ["---"] * len(heads), *q.rows]:
        print("| " + " | ".join(row) + " |")
    notices = link.execute("SELECT state, count(*) FROM notice GROUP BY state ORDER BY state").fetchall()
    print(f"\nbatches: {dict(states)}; notices: {dict(notices)}; log: {q.office.json('audrey', 'log', 'verify')['entries']} entries, whole")


def main():
    program = binary(sys.argv[1] if len(sys.argv) > 1 else None)
    work = pathlib.Path(tempfile.mkdtemp(prefix="kansho-quarter-"))
    quarter(program, work)
    shutil.rmtree(work)


main()
