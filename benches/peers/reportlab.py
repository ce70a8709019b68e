"""The peers' letter by ReportLab: reportlab.py LETTER.json PEOPLE.csv OUT.pdf. The fixed part is one form, as ReportLab does best."""

import csv
import json
import pathlib
import sys

sys.path = [place for place in sys.path if pathlib.Path(place or ".").resolve() != pathlib.Path(__file__).resolve().parent]

from reportlab.lib.units import mm  # noqa: E402
from reportlab.pdfbase import pdfmetrics  # noqa: E402
from reportlab.pdfbase.ttfonts import TTFont  # noqa: E402
from reportlab.pdfgen.canvas import Canvas  # noqa: E402

letter = json.load(open(sys.argv[1], encoding="utf-8"))
width, height = letter["page"]
face = pathlib.Path(__file__).parents[2] / "fonts" / "BIZUDPGothic-Regular.ttf"
pdfmetrics.registerFont(TTFont("Text", face))
canvas = Canvas(sys.argv[3], pagesize=(width * mm, height * mm), pageCompression=1)


def show(x, y, size, text):
    canvas.setFont("Text", size)
    canvas.drawString(x * mm, (height - y) * mm, text)


canvas.beginForm("fixed")
for line in letter["static"]:
    show(line["x"], line["y"], line["size"], line["t"])
for x1, y1, x2, y2, thickness in letter["lines"]:
    canvas.setLineWidth(thickness)
    canvas.line(x1 * mm, (height - y1) * mm, x2 * mm, (height - y2) * mm)
canvas.endForm()
table, code = letter["table"], letter["barcode"]
kinds = {
    "1": (0.0, code["long"]),
    "2": (code["long"] - code["semi"], code["semi"]),
    "3": (0.0, code["semi"]),
    "4": ((code["long"] - code["timing"]) / 2, code["timing"]),
}
with open(sys.argv[2], encoding="utf-8", newline="") as people:
    for person in csv.DictReader(people):
        canvas.doForm("fixed")
        for place in letter["vars"]:
            show(place["x"], place["y"], place["size"], person[place["f"]])
        for row in range(table["rows"]):
            for name, x in zip("vdft", table["x"]):
                if text := person[f"{name}{row + 1}"]:
                    show(x, table["y"] + row * table["row_h"], table["size"], text)
        for at, kind in enumerate(person["barcode"]):
            rise, long = kinds[kind]
            bottom = height - code["y"] - code["long"] + rise
            canvas.rect((code["x"] + at * code["pitch"]) * mm, bottom * mm, code["w"] * mm, long * mm, stroke=0, fill=1)
        canvas.showPage()
canvas.save()
