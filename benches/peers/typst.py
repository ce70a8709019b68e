"""The peers' letter by Typst: typst.py LETTER.json PEOPLE.csv OUT.pdf. Tagging is off: it would double time and bytes."""

import pathlib
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path = [place for place in sys.path if pathlib.Path(place or ".").resolve() != here]

import typst  # noqa: E402

letter, people, out = (str(pathlib.Path(given).resolve()) for given in sys.argv[1:4])
typst.compile(
    str(here / "letter.typ"),
    output=out,
    root="/",
    font_paths=[str(here.parents[1] / "fonts")],
    sys_inputs={"letter": letter, "people": people},
    pdf_tags=False,
)
