"""`tests/soak.sh [PROGRAM] [TIMES]`."""

import pathlib
import shutil
import sys
import tempfile

from eight import eight
from kills import soak
from office import Office, binary


def main():
    program = binary(sys.argv[1] if len(sys.argv) > 1 else None)
    times = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    work = pathlib.Path(tempfile.mkdtemp(prefix="kansho-soak-"))
    say = lambda line: print(line, flush=True)
    founded = Office(program, work / "founded").found()
    founded.done("admin", "import", "residents", "samples/住民.xlsx")
    founded.done("admin", "import", "ledger", "samples/予防接種台帳.csv")
    founded.done("admin", "backup", "--out", "はじめの控え.db")
    soak(founded, work, times, say)
    eight(founded.copy(work / "eight"), max(2, min(times // 2, 10)), say)
    # What went wrong is left to be looked at.
    shutil.rmtree(work)


main()
