//! Faults of a whole file: layouts, sheets, rows, encodings, files that do not belong together.

use super::files::Files;
use super::oracle::{Case, Expect, MY_NUMBER, broken, out, refused, refused_or, stopped};
use super::table::{Form, Table};

/// Every case.
pub(crate) fn cases() -> Vec<Case> {
    [layouts(), marks(), other_sheets(), belonging(), fresh(), lines(), encodings(), guards(), limits(), one_person(), options()]
        .into_iter()
        .flatten()
        .collect()
}

fn made(edit: impl FnOnce(&mut Files)) -> Files {
    let mut files = Files::sound();
    edit(&mut files);
    files
}

fn case(name: &str, expect: Expect, edit: impl FnOnce(&mut Files)) -> Case {
    Case::new(name, made(edit), expect)
}

/// A misspelt word in our own tables refuses to load.
fn layouts() -> Vec<Case> {
    let marks = "layouts/columns/marks.toml";
    let residents = "layouts/columns/residents.toml";
    let ledger = "layouts/columns/ledger.toml";
    let codes = "rules/codes.toml";
    [
        (marks, "kind = \"protection\"", "kind = \"protecton\""),
        (marks, "kind = \"mail_stop\"", "kind = \"mailstop\""),
        (marks, "kind = \"disease\"", "kind = \"deseas\""),
        (marks, "kind = \"destination\"", "kind = \"protection\""),
        (marks, "kind = \"exception\"", "kinds = \"exception\""),
        (marks, "field = \"until\"", "field = \"untill\""),
        (marks, "field = \"series\"", "field = \"disease\""),
        (marks, "field = \"from\"\nname = \"開始日\"\nalias", "field = \"from\"\nname = \"開始日\"\nalais"),
        (residents, "field = \"removed\"", "field = \"remove\""),
        (residents, "field = \"died\"", "field = \"removed\""),
        (residents, "field = \"died\"\nname", "field = \"died\"\nnme"),
        (residents, "alias = [\"shibobi\"", "alais = [\"shibobi\""),
        (
            residents,
            "field = \"birth\"\nname = \"生年月日\"\nalias = [\"seinengappi\"]\nrequired",
            "field = \"birth\"\nname = \"生年月日\"\nrequire",
        ),
        (residents, "field = \"household\"\nname = \"世帯番号\"", "field = \"household\"\nname = \"宛名番号\""),
        (ledger, "field = \"struck\"", "field = \"struk\""),
        (ledger, "field = \"given\"", "field = \"givn\""),
        (ledger, "field = \"issue\"", "field = \"noticed\""),
        (codes, "\"1\" = \"given\"", "\"1\" = \"givn\""),
        (codes, "category = \"moved_out\"", "category = \"moved_uot\""),
        (codes, "\"N04\" = [\"mr1\", \"first\"]", "\"N04\" = [\"mr1\", \"frist\"]"),
    ]
    .into_iter()
    .map(|(file, from, to)| {
        let name = format!("設定 {file}: {}", to.replace('\n', " "));
        let word = file.rsplit('/').next().unwrap();
        case(&name, broken(&[word]), |files| files.setting(file, from, to))
    })
    .collect()
}

const REQUIRED: [&str; 3] = ["送付先", "支援措置", "発送停止"];

fn without(files: &mut Files, sheets: &[&str]) {
    for mark in files.base.marks.iter().filter(|mark| sheets.contains(&mark.name.as_str())) {
        files.people.extend((0..mark.rows.len()).map(|row| mark.get(row, "予防接種番号").to_owned()));
    }
    files.base.marks.retain(|mark| !sheets.contains(&mark.name.as_str()));
}

/// The three sheets must be there, or be declared absent.
fn marks() -> Vec<Case> {
    let mut cases = Vec::new();
    for sheet in REQUIRED {
        cases.push(case(&format!("{sheet}がない"), refused(&[sheet, "--no-marks"]), |files| without(files, &[sheet])));
        let declared = |files: &mut Files, reason: &str| {
            without(files, &[sheet]);
            files.option(&["--no-marks", &format!("{sheet}={reason}")]);
        };
        cases.push(case(&format!("{sheet}がなく、理由がある"), Expect::Any, |files| declared(files, "市では使わない")).anybody());
        cases.push(case(&format!("{sheet}がなく、理由が空"), stopped(&["--no-marks"]), |files| declared(files, "")));
        let other = REQUIRED.iter().find(|other| **other != sheet).unwrap();
        cases.push(case(&format!("{sheet}がないのに{other}の理由"), stopped(&[sheet]), |files| {
            without(files, &[sheet]);
            files.option(&["--no-marks", &format!("{other}=市では使わない")]);
        }));
        cases.push(case(&format!("{sheet}だけがないのに全部の理由"), stopped(&["--no-marks"]), |files| {
            without(files, &[sheet]);
            files.option(&["--no-marks", "市では使わない"]);
        }));
        cases.push(
            case(&format!("{sheet}は見出しだけ"), Expect::Any, |files| {
                without(files, &[sheet]);
                let head = Files::sound().base.mark(sheet).head.clone();
                files.sheets.push(Table { name: sheet.to_owned(), head, rows: Vec::new(), hidden: false });
            })
            .anybody(),
        );
    }
    cases.push(
        case("三つともなく、理由がある", Expect::Any, |files| {
            without(files, &REQUIRED);
            files.option(&["--no-marks", "試行のため標を使わない"]);
        })
        .anybody(),
    );
    cases.push(case("三つともない", refused(&["送付先", "支援措置", "発送停止", "--no-marks"]), |files| {
        without(files, &REQUIRED);
    }));
    cases.push(case("知らないシートの理由", stopped(&["配布先"]), |files| {
        without(files, &["送付先"]);
        files.option(&["--no-marks", "配布先=市では使わない"]);
    }));
    cases.push(case("CSVの住民に標がない", refused(&["--marks"]), |files| {
        files.residents_form = Form::Utf8;
        files.base.marks.clear();
    }));
    cases.push(case("標を別のファイルで", Expect::Same, |files| files.residents_form = Form::Utf8));
    cases.push(case("二枚目の支援措置", refused_or(&["支援措置2"], out(&["protected"])), |files| {
        let number = files.fault("MR");
        let mut second = Table::new("支援措置2", &["予防接種番号", "区分", "開始日", "終了日"]);
        second.push(&[("予防接種番号", &number), ("区分", "本支援"), ("開始日", "2026-04-01")]);
        files.sheets.push(second);
    }));
    cases
}

/// Sheets that are not known: with headings of a layout or a name near a known one they are refused, hidden ones too.
fn other_sheets() -> Vec<Case> {
    let protection = |name: &str, hidden: bool| {
        let name = name.to_owned();
        move |files: &mut Files| {
            let number = files.fault("MR");
            let mut table = Table::new(&name, &["予防接種番号", "区分", "開始日", "終了日"]);
            table.push(&[("予防接種番号", &number), ("区分", "本支援"), ("開始日", "2026-04-01")]);
            table.hidden = hidden;
            files.sheets.push(table);
        }
    };
    let plain = |name: &str, head: &[&str], row: &[&str]| {
        let mut table = Table::new(name, head);
        table.rows.push(row.iter().map(|cell| (*cell).to_owned()).collect());
        move |files: &mut Files| files.sheets.push(table)
    };
    let mut cases = Vec::new();
    for name in ["保護一覧", "旧データ", "Sheet2", "支援措置（旧）", "DV等"] {
        cases.push(case(&format!("知らないシート {name}"), refused(&[name]), protection(name, false)));
        cases.push(case(&format!("隠れたシート {name}"), refused(&[name]), protection(name, true)));
    }
    for name in ["支援措直", "支援 措置一覧", "発送停止者", "送付先リスト", "罹患者"] {
        let table = plain(name, &["番号", "氏", "メモ"], &["1", "あ", "い"]);
        cases.push(case(&format!("似た名のシート {name}"), refused(&[name]), table));
    }
    for (name, head, row) in [
        ("メモ", &["作成", "担当"][..], &["12月分", "予防接種担当"][..]),
        ("凡例", &["列", "意味"], &["異動事由", "住民となった、またはなくなった理由"]),
        ("Sheet2", &[""], &[""]),
        ("集計", &["月", "件数"], &["12月", "3"]),
    ] {
        cases.push(case(&format!("読まないシート {name}"), Expect::Same, plain(name, head, row)));
    }
    for (sheet, from, to) in [
        ("支援措置", "予防接種番号", "番号"),
        ("罹患", "系列", "系列名？"),
        ("罹患", "区分", "種別"),
        ("送付先", "送付先住所", "送り先"),
    ] {
        cases.push(case(&format!("{sheet}の見出し {to}"), refused(&[sheet]), |files| {
            let mark = files.base.mark(sheet);
            let place = mark.column(from);
            to.clone_into(&mut mark.head[place]);
        }));
    }
    for (column, to) in [("消除日", "消除目"), ("生年月日", "生年月"), ("住民となった日", "住民日")] {
        cases.push(case(&format!("住民の見出し {to}"), refused(&[column]), |files| {
            let place = files.base.residents.column(column);
            to.clone_into(&mut files.base.residents.head[place]);
        }));
    }
    for column in ["消除フラグ", "実施日", "通知日", "結果", "発行no"] {
        cases.push(case(&format!("台帳に{column}の列がない"), refused(&[column]), |files| {
            let place = files.base.ledger.column(column);
            "備考".clone_into(&mut files.base.ledger.head[place]);
        }));
    }
    cases
}

/// A ledger of somebody else is no history.
fn belonging() -> Vec<Case> {
    let numbers = |files: &mut Files, change: &dyn Fn(usize, &str) -> String| {
        for row in 0..files.base.ledger.rows.len() {
            let number = change(row, files.base.ledger.get(row, "予防接種番号"));
            files.base.ledger.set(row, "予防接種番号", &number);
        }
    };
    let strange = |files: &mut Files| {
        numbers(files, &|_, number| format!("77{}", &number[2..]));
        for row in 0..files.base.ledger.rows.len() {
            files.base.ledger.set(row, "氏名_漢字", "架空\u{3000}他市");
            files.base.ledger.set(row, "氏名_カナ", "カクウ\u{3000}タシ");
        }
    };
    let every = |files: &mut Files, each: usize| {
        let numbers: std::collections::BTreeSet<String> =
            (0..files.base.ledger.rows.len()).map(|row| files.base.ledger.get(row, "予防接種番号").to_owned()).collect();
        let gone: std::collections::BTreeSet<String> =
            numbers.into_iter().enumerate().filter(|(place, _)| place % each != 0).map(|(_, number)| number).collect();
        files.base.ledger.keep(|ledger, row| !gone.contains(ledger.get(row, "予防接種番号")));
    };
    vec![
        case("よその市の台帳", refused(&["台帳"]), strange),
        case("台帳の番号が一つずれている", refused(&["台帳"]), |files| {
            numbers(files, &|_, number| format!("{:010}", number.parse::<u64>().unwrap() + 1));
        }),
        case("台帳の番号の先頭が落ちた", refused(&["台帳", "予防接種番号"]), |files| {
            numbers(files, &|_, number| number[1..].to_owned());
        }),
        case("台帳の番号が指数になった", refused(&["台帳", "予防接種番号"]), |files| {
            numbers(files, &|_, _| "3.11E+09".to_owned());
        }),
        case("台帳の番号の1%が空", refused(&["台帳", "予防接種番号"]), |files| {
            numbers(files, &|row, number| if row % 100 == 7 { String::new() } else { number.to_owned() });
        }),
        case("台帳に三人に一人しかいない", refused(&["台帳"]), |files| every(files, 3)),
        case("台帳に五人に一人しかいない", refused(&["台帳"]), |files| every(files, 5)),
        case("住民の番号が指数になった", refused(&["予防接種番号"]), |files| {
            for row in 0..files.base.residents.rows.len() {
                files.base.residents.set(row, "予防接種番号", "3.11E+09");
            }
        }),
        case("住民が見出しだけ", refused(&["住民"]), |files| files.base.residents.rows.clear()),
    ]
}

fn old(files: &mut Files) {
    files.base.ledger.keep(|ledger, row| ledger.get(row, "実施日") <= "20260630");
    files.people = Files::sound().base.residents.rows.iter().map(|row| row[1].clone()).collect();
}

/// A ledger that was not renewed.
fn fresh() -> Vec<Case> {
    vec![
        case("古い台帳", refused(&["2026-06", "--accept-old-ledger"]), old),
        case("古い台帳、理由がある", Expect::Any, |files| {
            old(files);
            files.option(&["--accept-old-ledger", "7月から接種を止めている"]);
        })
        .anybody()
        .says(&["7月から接種を止めている"]),
        case("古い台帳、取込の理由では通らない", refused(&["--accept-old-ledger"]), |files| {
            old(files);
            files.option(&["--accept-import-gap", "7月から接種を止めている"]);
        }),
        case(
            "一か月の欠け、古い台帳の理由では通らない",
            refused(&["2026-08", "--accept-import-gap"]),
            |files| {
                files.base.ledger.keep(|ledger, row| !ledger.get(row, "実施日").starts_with("202608"));
                files.option(&["--accept-old-ledger", "8月の分は後で来る"]);
            },
        ),
    ]
}

/// What is done to one line of a file.
type Change = fn(&str) -> String;

/// Rows and quotes: refused, in one message for the file.
fn lines() -> Vec<Case> {
    let row = |file: &'static str, number: usize, change: Change| {
        move |files: &mut Files| {
            if file == "住民.csv" {
                files.residents_form = Form::Utf8;
            }
            files.edit_text(file, move |text| {
                let mut lines: Vec<String> = text.split("\r\n").map(str::to_owned).collect();
                lines[number - 1] = change(&lines[number - 1]);
                lines.join("\r\n")
            });
        }
    };
    let mut cases = Vec::new();
    let faults: [(&str, Change); 8] = [
        ("一つ足りない行", |line| line.rsplit_once(',').unwrap().0.to_owned()),
        ("三つ足りない行", |line| line.rsplitn(4, ',').last().unwrap().to_owned()),
        ("一つ多い行", |line| format!("{line},\"\"")),
        ("閉じない引用符", |line| format!("\"{}", line.replacen('"', "", 2))),
        ("最後の引用符がない", |line| line[..line.len() - 1].to_owned()),
        ("引用符の後に字", |line| line.replacen("\",\"", "\"x,\"", 1)),
        ("番号の中の改行", |line| format!("\"31\r\n{}", &line[3..])),
        ("一つの欄に二つの行", |line| line.replacen("\",\"", "\",\"a\"b\",\"", 1)),
    ];
    for file in ["台帳.csv", "住民.csv"] {
        for (name, change) in faults {
            for number in [2, 60] {
                let words = [file.to_owned(), format!("{number}行")];
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                cases.push(case(&format!("{file} {number}行: {name}"), refused(&words), row(file, number, change)));
            }
        }
        let trailing = |line: &str| line.trim_end_matches(",\"\"").to_owned();
        cases.push(case(&format!("{file}: 行末の空欄がすべて落ちた"), refused(&[file, "2行"]), move |files| {
            if file == "住民.csv" {
                files.residents_form = Form::Utf8;
                for row in 0..files.base.residents.rows.len() {
                    files.base.residents.set(row, "抽出日", "");
                }
                files.option(&["--snapshot", "2026-12-01"]);
            }
            files.edit_text(file, move |text| {
                let (head, rest) = text.split_once("\r\n").unwrap();
                format!("{head}\r\n{}", rest.split("\r\n").map(trailing).collect::<Vec<_>>().join("\r\n"))
            });
        }));
        cases.push(case(&format!("{file}: 空の行と最後の改行なし"), Expect::Same, move |files| {
            if file == "住民.csv" {
                files.residents_form = Form::Utf8;
            }
            files.edit_text(file, |text| text.trim_end().to_owned());
        }));
    }
    cases.push(case("住民.csv: CRだけ", refused_or(&["住民.csv"], Expect::Same), |files| {
        files.residents_form = Form::Utf8;
        files.edit_text("住民.csv", |text| text.replace("\r\n", "\r"));
    }));
    cases.push(case("台帳.csv: LFだけ", Expect::Same, |files| {
        files.edit_text("台帳.csv", |text| text.replace("\r\n", "\n"));
    }));
    cases.push(case("台帳.csv: 一行だけCRで切れた", refused_or(&["台帳.csv"], Expect::Same), |files| {
        files.edit_text("台帳.csv", |text| text.replacen("\r\n\"", "\r\"", 40).replacen("\r\"", "\r\n\"", 39));
    }));
    cases
}

fn encodings() -> Vec<Case> {
    let wide =
        |text: &str| -> Vec<u8> { [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect() };
    vec![
        case("台帳がUTF-8", Expect::Same, |files| files.ledger_form = Form::Utf8),
        case("台帳がBOMつきUTF-8", Expect::Same, |files| {
            files.ledger_form = Form::Utf8;
            files.edit("台帳.csv", |bytes| [&b"\xEF\xBB\xBF"[..], &bytes].concat());
        }),
        case("台帳がUTF-16", Expect::Same, move |files| {
            files.ledger_form = Form::Utf8;
            files.edit("台帳.csv", move |bytes| wide(std::str::from_utf8(&bytes).unwrap()));
        }),
        case("台帳がブック", Expect::Same, |files| files.ledger_form = Form::Workbook),
        case("住民がCP932", Expect::Same, |files| files.residents_form = Form::Cp932),
        case("台帳がタブ区切り", Expect::Same, |files| {
            files.edit_text("台帳.csv", |text| text.replace("\",\"", "\"\t\""));
        }),
        case("台帳に読めないバイト", refused(&["台帳.csv", "50行"]), |files| {
            files.edit("台帳.csv", |bytes| {
                let mut bytes = bytes;
                let at = bytes.iter().enumerate().filter(|(_, b)| **b == b'\n').nth(48).unwrap().0;
                bytes[at + 3] = 0xFF;
                bytes
            });
        }),
        case("台帳が途中で切れた", stopped(&["台帳.csv"]), |files| {
            files.edit("台帳.csv", |bytes| bytes[..bytes.len() / 2 - 7].to_vec());
        }),
        case("台帳にNUL", stopped(&["台帳.csv"]), |files| {
            files.edit("台帳.csv", |bytes| {
                let mut bytes = bytes;
                let at = bytes.len() / 2;
                bytes[at..at + 40].fill(0);
                bytes
            });
        }),
        case("壊れたブック", refused(&["住民.xlsx"]), |files| {
            files.edit("住民.xlsx", |bytes| bytes[..bytes.len() - 300].to_vec());
        }),
        case("空のブック", refused(&["住民.xlsx"]), |files| files.edit("住民.xlsx", |_| Vec::new())),
    ]
}

/// 個人番号 is refused wherever it stands, and never shown.
fn guards() -> Vec<Case> {
    let mut cases = Vec::new();
    for sheet in ["支援措置", "罹患", "免除", "妊娠", "送付先"] {
        cases.push(case(&format!("{sheet}に個人番号の列"), refused(&["個人番号", sheet]), |files| {
            files.base.mark(sheet).widen("個人番号", MY_NUMBER);
        }));
        cases.push(case(&format!("{sheet}の備考に個人番号"), refused(&["個人番号", sheet]), |files| {
            files.base.mark(sheet).widen("備考", MY_NUMBER);
        }));
    }
    for column in ["方書", "氏名", "異動事由", "世帯番号"] {
        cases.push(case(&format!("住民の{column}に個人番号"), refused(&["個人番号"]), |files| {
            for row in 0..files.base.residents.rows.len() {
                files.base.residents.set(row, column, MY_NUMBER);
            }
        }));
    }
    for column in ["ロットナンバー", "氏名_カナ", "名称_漢字", "予防接種番号"] {
        cases.push(case(&format!("台帳の{column}に個人番号"), refused(&["個人番号"]), |files| {
            for row in 0..files.base.ledger.rows.len() {
                files.base.ledger.set(row, column, MY_NUMBER);
            }
        }));
    }
    cases.push(case("メモに個人番号", refused(&["個人番号", "メモ"]), |files| {
        let mut memo = Table::new("メモ", &["人", "番号"]);
        memo.rows.extend((0..3).map(|_| vec!["一".to_owned(), MY_NUMBER.to_owned()]));
        files.sheets.push(memo);
    }));
    cases
}

/// More than twenty cells of one column that are not understood are the file's fault, not the people's.
fn limits() -> Vec<Case> {
    let spoilt = |column: &'static str, value: &'static str, count: usize| {
        move |files: &mut Files| {
            for row in 0..count {
                let number = files.base.residents.get(row * 3, "予防接種番号").to_owned();
                files.people.insert(number);
                files.base.residents.set(row * 3, column, value);
            }
        }
    };
    let mut cases = Vec::new();
    for (column, value) in [("性別", "X"), ("生年月日", "きのう"), ("住民となった日", "2026-13-40"), ("異動事由", "ＺＺ")]
    {
        let held = case(&format!("{column}の20件が分からない"), Expect::NotSelected, spoilt(column, value, 20));
        cases.push(held.anybody());
        cases.push(case(&format!("{column}の21件が分からない"), refused(&[column, "21"]), spoilt(column, value, 21)));
    }
    cases.push(case("消除フラグの31件が分からない", refused(&["消除フラグ"]), |files| {
        for row in 0..files.base.ledger.rows.len() {
            files.base.ledger.set(row, "消除フラグ", if row % 60 == 3 { "Y" } else { "0" });
        }
    }));
    cases.push(case("発行noの列がみな分からない", refused(&["発行no"]), |files| {
        for row in 0..40 {
            files.base.ledger.set(row, "通知日", "20240401");
            files.base.ledger.set(row, "種類", "N02");
            files.base.ledger.set(row, "発行no", "通-第5号");
        }
    }));
    cases
}

/// An office list joins a person's two numbers.
fn one_person() -> Vec<Case> {
    let twice = |files: &mut Files| {
        let number = files.fault("MR24");
        let row = files.base.residents.row_of(&number);
        let copy = files.base.residents.rows[row].clone();
        files.base.residents.rows.push(copy);
        let last = files.base.residents.rows.len() - 1;
        let residents = &mut files.base.residents;
        residents.set(row, "異動事由", "転出");
        residents.set(row, "消除日", "2026-03-31");
        residents.set(last, "予防接種番号", "3999000001");
        residents.set(last, "宛名番号", "5299000001");
        residents.set(last, "異動事由", "転入");
        residents.set(last, "住民となった日", "2026-09-01");
        files.people.insert("3999000001".to_owned());
        let addressee = residents.get(row, "宛名番号").to_owned();
        files.base.shot(&number, "11", "1", "20260210");
        (number, addressee)
    };
    let mut cases = Vec::new();
    cases.push(
        case("名寄せで一人になる", out(&["already_done"]), |files| {
            let (number, _) = twice(files);
            let mut joined = Table::new("名寄せ", &["予防接種番号", "名寄せ先予防接種番号"]);
            joined.rows.push(vec![number, "3999000001".to_owned()]);
            files.sheets.push(joined);
        })
        .about(&["mr1"]),
    );
    cases.push(
        case("名寄せ（宛名番号）で一人になる", out(&["already_done"]), |files| {
            let (_, addressee) = twice(files);
            let mut joined = Table::new("名寄せ", &["宛名番号", "名寄せ先宛名番号"]);
            joined.rows.push(vec![addressee, "5299000001".to_owned()]);
            files.sheets.push(joined);
        })
        .about(&["mr1"]),
    );
    cases.push(
        case("名寄せ先宛名番号の列で一人になる", out(&["already_done"]), |files| {
            let (number, _) = twice(files);
            files.base.residents.widen("名寄せ先宛名番号", "");
            let row = files.base.residents.row_of(&number);
            files.base.residents.set(row, "名寄せ先宛名番号", "5299000001");
        })
        .about(&["mr1"]),
    );
    cases.push(case("名寄せ先がだれでもない", stopped(&["名寄せ"]), |files| {
        let (number, _) = twice(files);
        let mut joined = Table::new("名寄せ", &["予防接種番号", "名寄せ先予防接種番号"]);
        joined.rows.push(vec![number, "3999000009".to_owned()]);
        files.sheets.push(joined);
    }));
    cases
}

fn options() -> Vec<Case> {
    let with = |name: &str, words: &'static [&'static str], expect: Expect| case(name, expect, |files| files.option(words));
    vec![
        with("発送日が1900年より前", &["--post-on", "1850-01-01"], stopped(&["post-on"])),
        with("発送日が2200年より後", &["--post-on", "2201-01-01"], stopped(&["post-on"])),
        with("--since が1900年より前", &["--since", "1800-01-01"], stopped(&["since"])),
    ]
}
