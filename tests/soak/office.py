"""An office in a folder of its own: the repository's rules and forms, a register, operators, and feeds made of the samples."""

import csv
import datetime
import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as xml
import zipfile

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
SHARED = ["rules", "templates", "layouts", "fonts", "samples", "gaiji.toml"]
OPERATORS = {
    "alice": "extract,approve,register,lookup",
    "bob": "extract,approve,register,lookup",
    "carol": "register,lookup,protected",
    "audrey": "audit",
}
LEDGER = "予防接種台帳.csv"
RESIDENTS = "住民.csv"


def fail(message):
    """What was shown to be wrong, at once."""
    print(f"NG {message}", file=sys.stderr)
    sys.exit(1)


class Answer:
    """What the program said."""

    def __init__(self, command, code, out, told):
        self.command, self.code, self.out, self.told = command, code, out, told

    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"{' '.join(self.command)}\n{self.code}: {self.told or self.out}"


class Office:
    """A folder with a register."""

    def __init__(self, binary, folder):
        self.binary, self.folder = str(binary), pathlib.Path(folder)

    def found(self):
        """Makes the folder, the register and the operators."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.folder.chmod(0o700)
        for name in SHARED:
            (self.folder / name).symlink_to(REPOSITORY / name)
        settings = (REPOSITORY / "municipality.toml").read_text(encoding="utf-8")
        self.write("municipality.toml", settings + "\n[retention]\nyears_after_leaving = 5\n")
        self.write("合言葉.txt", "a passphrase of nobody\n")
        self.write("受渡の合言葉.txt", "correct horse battery 9\n")
        self.done("admin", "init")
        for name, roles in OPERATORS.items():
            self.done("admin", "operator", "add", name, "--roles", roles, "--new-passphrase-file", "合言葉.txt")
        return self

    def copy(self, folder):
        """The same office in another folder."""
        folder = pathlib.Path(folder)
        if folder.exists():
            shutil.rmtree(folder)
        shutil.copytree(self.folder, folder, symlinks=True)
        return Office(self.binary, folder)

    def write(self, name, text, encoding="utf-8"):
        (self.folder / name).write_bytes(text.encode(encoding))

    def words(self, who, args):
        account = ["--account", who, "--passphrase-file", "合言葉.txt", "--purpose", "試し"] if who else []
        return [self.binary, *map(str, args), *account]

    def start(self, who, *args, **how):
        return subprocess.Popen(
            self.words(who, args), cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **how
        )

    def call(self, who, *args):
        process = self.start(who, *args)
        out, told = process.communicate()
        return Answer(list(map(str, args)), process.returncode, out.decode(), told.decode())

    def done(self, who, *args):
        answer = self.call(who, *args)
        if answer.code != 0:
            fail(f"should be done: {answer}")
        return answer

    def json(self, who, *args):
        return self.done(who, *args, "--format", "json").json()


def sheets(path):
    """Name → rows of an .xlsx; a day is an ISO day."""
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as book:
        parse = lambda name: xml.fromstring(book.read(name))
        shared = ["".join(t.text or "" for t in item.iter(f"{{{space['m']}}}t")) for item in parse("xl/sharedStrings.xml").findall("m:si", space)]
        names = [sheet.get("name") for sheet in parse("xl/workbook.xml").find("m:sheets", space)]
        return {name: list(rows(parse(f"xl/worksheets/sheet{at}.xml"), shared, space)) for at, name in enumerate(names, 1)}


def rows(sheet, shared, space):
    for row in sheet.find("m:sheetData", space):
        cells = {}
        for cell in row:
            column = 0
            for letter in re.match("[A-Z]+", cell.get("r")).group():
                column = column * 26 + ord(letter) - 64
            value = cell.findtext("m:v", "", space)
            if cell.get("t") == "s":
                value = shared[int(value)]
            elif cell.get("s") and value:
                value = (datetime.date(1899, 12, 30) + datetime.timedelta(int(float(value)))).isoformat()
            cells[column] = value
        yield [cells.get(column, "") for column in range(1, max(cells, default=0) + 1)]


class Feed:
    """Residents and marks of the samples, to be changed by script."""

    def __init__(self):
        self.marks = sheets(REPOSITORY / "samples" / "住民.xlsx")
        table = self.marks.pop("住民")
        start = next(at for at, row in enumerate(table) if "宛名番号" in row)
        self.heads = table[start]
        self.people = [dict(zip(self.heads, row + [""] * len(self.heads))) for row in table[start + 1 :] if any(row)]
        text = (REPOSITORY / "samples" / LEDGER).read_bytes().decode("cp932")
        self.ledger = list(csv.DictReader(io.StringIO(text)))
        self.columns = list(self.ledger[0])

    def person(self, number):
        return next(row for row in self.people if row["予防接種番号"] == number)

    def extracted(self, day):
        for row in self.people:
            row["抽出日"] = day

    def mark(self, sheet, **cells):
        """A further row of a sheet."""
        heads = self.marks[sheet][0]
        for head in cells:
            if head not in heads:
                fail(f"{sheet} has no column {head}")
        self.marks[sheet].append([cells.get(head, "") for head in heads])

    def put(self, office, folder):
        """Writes the feed; returns the options that name the resident files, and the ledger's path."""
        place = office.folder / folder
        place.mkdir()
        options = ["--residents", f"{folder}/{RESIDENTS}"]
        table([self.heads] + [[row[head] for head in self.heads] for row in self.people], place / RESIDENTS)
        for name, lines in self.marks.items():
            width = len(lines[0])
            table([line + [""] * (width - len(line)) for line in lines], place / f"{name}.csv")
            options += ["--marks", f"{folder}/{name}.csv"]
        lines = [self.columns] + [[row[column] for column in self.columns] for row in self.ledger]
        table(lines, place / LEDGER, "cp932")
        return options, f"{folder}/{LEDGER}"


def table(lines, path, encoding="utf-8"):
    with open(path, "w", encoding=encoding, newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(lines)


def binary(argument):
    """The program under test."""
    path = pathlib.Path(argument or REPOSITORY / "target" / "release" / "kansho").resolve()
    if not os.access(path, os.X_OK):
        print(f"{path} is not there: cargo build --release, or name the program", file=sys.stderr)
        sys.exit(2)
    return path
