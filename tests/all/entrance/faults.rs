//! `faults.csv`: one line, one fault (how to add one: README.md beside it).

use super::files::Files;
use super::oracle::{self, Case, Expect, Fault};
use super::table::Form;
use kansho_core::decision::Reason;
use std::collections::BTreeSet;

/// Faults that one run can have at once: the office's limit of a column is 20 cells, of ledger rows without a person 0.5 %.
const MOST: usize = 12;

/// One line of the table.
struct Line {
    /// Its place among the lines.
    place: usize,
    name: String,
    file: String,
    role: String,
    cells: Vec<(String, String)>,
    expect: Expect,
    programmes: Vec<String>,
}

/// A line and the person whose file it changes.
type Put<'a> = (&'a Line, String);

/// Every line of the table that goes wrong. Lines about people who are alike share a run; where that run is not right, each line
/// is tried alone.
pub(crate) fn failures() -> Vec<String> {
    let lines = lines();
    let (alone, together): (Vec<&Line>, Vec<&Line>) = lines.iter().partition(|line| matches!(line.expect, Expect::Refused(_)));
    let sound = Files::sound();
    let mut runs: Vec<Vec<Put<'_>>> = alone.into_iter().map(|line| vec![(line, sound.base.role(&line.role))]).collect();
    let first = runs.len();
    for line in together {
        let people = sound.base.alike.get(line.role.as_str()).cloned().unwrap_or_else(|| vec![sound.base.role(&line.role)]);
        let free = |run: &Vec<Put<'_>>| {
            let person = people.iter().find(|person| !run.iter().any(|(_, taken)| taken == *person))?;
            (run.len() < MOST && run[0].0.forms() == line.forms()).then(|| person.clone())
        };
        match runs.iter_mut().skip(first).find_map(|run| free(run).map(|person| (run, person))) {
            Some((run, person)) => run.push((line, person)),
            None => runs.push(vec![(line, people[0].clone())]),
        }
    }
    oracle::parallel(runs, |run| {
        let failures = oracle::check(&case(&run));
        if failures.is_empty() || run.len() == 1 {
            return failures;
        }
        run.into_iter().flat_map(|put| oracle::check(&case(&[put]))).collect()
    })
}

fn lines() -> Vec<Line> {
    let mut reader = csv::Reader::from_path("tests/all/entrance/faults.csv").unwrap();
    let head: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    assert_eq!(head, ["名前", "ファイル", "人", "列", "値", "期待", "事業", "説明"]);
    let mut names = BTreeSet::new();
    let mut lines = Vec::new();
    for (place, line) in reader.records().map(|line| line.unwrap()).enumerate().filter(|(_, line)| !line[0].starts_with('※')) {
        let name = line[0].to_owned();
        assert!(names.insert(name.clone()), "「{name}」が二度あります");
        let (columns, values): (Vec<&str>, Vec<&str>) = (line[3].split('｜').collect(), line[4].split('｜').collect());
        assert_eq!(columns.len(), values.len(), "{name}: 列と値の数が違います");
        let cells = columns.into_iter().zip(values).filter(|(column, _)| !column.is_empty());
        lines.push(Line {
            place,
            file: line[1].to_owned(),
            role: line[2].to_owned(),
            cells: cells.map(|(column, value)| (column.to_owned(), value.to_owned())).collect(),
            expect: expected(&line[5]),
            programmes: line[6].split('/').filter(|p| !p.is_empty()).map(str::to_owned).collect(),
            name,
        });
    }
    lines.retain(|line| oracle::chosen(&line.name));
    lines
}

impl Line {
    /// How residents and ledger are written.
    fn forms(&self) -> (Form, Form) {
        let residents = if self.file.starts_with("住民CSV") { Form::Utf8 } else { Form::Workbook };
        (residents, if self.file.starts_with("台帳Excel") { Form::Workbook } else { Form::Cp932 })
    }

    /// Puts the fault into the files.
    fn put(&self, files: &mut Files, number: &str) -> Fault {
        let mut people = BTreeSet::from([number.to_owned()]);
        let resident = files.base.residents.row_of(number);
        people.insert(files.base.residents.get(resident, "宛名番号").to_owned());
        let cells: Vec<(String, String)> =
            self.cells.iter().map(|(column, value)| (column.clone(), filled(value, files, number, self.place))).collect();
        // The result may have the person under what now stands as a number.
        let numbers = cells.iter().filter(|(column, _)| column.ends_with("番号") && column != "世帯番号" && column != "郵便番号");
        people.extend(numbers.map(|(_, value)| value.chars().filter(char::is_ascii_alphanumeric).collect()));
        let (file, added) = self.file.strip_suffix('+').map_or((self.file.as_str(), false), |file| (file, true));
        let table = match file {
            "住民" | "住民CSV" => {
                if added {
                    let copy = files.base.residents.rows[resident].clone();
                    files.base.residents.rows.push(copy);
                }
                &mut files.base.residents
            }
            "台帳" | "台帳Excel" | "通知" => {
                if file == "通知" {
                    notice(files, number);
                } else if added {
                    files.base.shot(number, "11", "1", "20260501");
                }
                &mut files.base.ledger
            }
            sheet => {
                if added {
                    let cells = [&[("予防接種番号", number)][..], usual(sheet)].concat();
                    files.base.mark(sheet).push(&cells);
                }
                files.base.mark(sheet)
            }
        };
        let row = if added { table.rows.len() - 1 } else { table.row_of(number) };
        for (column, value) in &cells {
            if !table.head.contains(column) {
                table.widen(column, "");
            }
            table.set(row, column, value);
        }
        let (expect, programmes) = (self.expect.clone(), self.programmes.clone());
        // The heading is the first row of a file.
        Fault { name: self.name.clone(), people, row: Some(row + 2), expect, programmes, said: Vec::new(), anybody: false }
    }
}

fn case(run: &[Put<'_>]) -> Case {
    let mut files = Files::sound();
    (files.residents_form, files.ledger_form) = run[0].0.forms();
    let mut faults = Vec::new();
    for (line, number) in run {
        let fault = line.put(&mut files, number);
        files.people.extend(fault.people.iter().cloned());
        faults.push(fault);
    }
    Case { files, faults }
}

/// A value with its `{番号}`, `{宛名}`, `{世帯}` and `{郵便}` filled in: of the line's person or of `@人`, as they are or `:全角`,
/// `:区切り` (hyphens), `:9桁` (one digit lost). `{他人}` is a number of nobody, `{結合500}` five hundred combining marks.
fn filled(value: &str, files: &Files, number: &str, place: usize) -> String {
    let value = value.replace("{結合500}", &"\u{301}".repeat(500)).replace("{他人}", &format!("3999{place:06}"));
    let Some((before, rest)) = value.split_once('{') else { return value };
    let (inside, after) = rest.split_once('}').unwrap();
    let (what, how) = inside.split_once(':').unwrap_or((inside, ""));
    let (what, number) = what.split_once('@').map_or((what, number.to_owned()), |(what, role)| (what, files.base.role(role)));
    let column = match what {
        "番号" => "予防接種番号",
        "宛名" => "宛名番号",
        "世帯" => "世帯番号",
        "郵便" => "郵便番号",
        other => panic!("「{other}」が分かりません"),
    };
    let residents = &files.base.residents;
    let plain = residents.get(residents.row_of(&number), column).to_owned();
    let wide = |c: char| char::from_u32(u32::from(c) + 0xFEE0).unwrap();
    let written = match how {
        "" => plain,
        "全角" => plain.chars().map(wide).collect(),
        "区切り" => format!("{}-{}-{}", &plain[..2], &plain[2..6], &plain[6..]),
        "9桁" => plain[..9].to_owned(),
        other => panic!("「{other}」が分かりません"),
    };
    format!("{before}{written}{}", filled(after, files, &number, place))
}

/// A ledger row of a notice.
fn notice(files: &mut Files, number: &str) {
    files.base.shot(number, "", "", "");
    let last = files.base.ledger.rows.len() - 1;
    let no_dose = ["結果", "結果名称", "医療機関コード", "名称_漢字", "ロットナンバー"].map(|column| (column, ""));
    let cells = [("通知日", "20261101"), ("種類", "N04"), ("発行no", "4711"), ("処理日", "20261101")];
    for (column, value) in no_dose.into_iter().chain(cells) {
        files.base.ledger.set(last, column, value);
    }
}

/// What a mark sheet's row says where the table says nothing else.
fn usual(sheet: &str) -> &'static [(&'static str, &'static str)] {
    match sheet {
        "送付先" => &[
            ("送付先郵便番号", "2600855"),
            ("送付先住所", "千葉県千葉市中央区市場町1番1号"),
            ("理由", "入院"),
            ("開始日", "2026-09-01"),
        ],
        "支援措置" => &[("区分", "本支援"), ("開始日", "2026-04-01"), ("終了日", "2027-03-31")],
        "発送停止" => &[("区分", "本人希望"), ("理由", "案内は不要との申し出"), ("開始日", "2026-09-01")],
        "罹患" => &[("区分", "禁忌"), ("疾病", "アナフィラキシー"), ("系列", "mr"), ("開始日", "2026-09-01")],
        "免除" => &[("区分", "生活保護"), ("開始日", "2026-04-01")],
        "特例" => &[("区分", "長期療養"), ("系列", "mr"), ("開始日", "2026-04-01"), ("終了日", "2027-03-31")],
        "妊娠" => &[("出産予定日", "2027-04-05")],
        other => panic!("「{other}」というシートは分かりません"),
    }
}

/// The words of 期待.
fn expected(words: &str) -> Expect {
    let (word, rest) = words.split_once([':', '：']).unwrap_or((words, ""));
    let list = || rest.split('/').filter(|w| !w.is_empty());
    match word {
        "保留" => Expect::Held,
        "送らない" => Expect::Out(list().map(reason).collect()),
        "保留か送らない" => Expect::NotSelected,
        "変わらない" => Expect::Same,
        "中止" => Expect::Refused(list().map(str::to_owned).collect()),
        other => panic!("期待「{other}」が分かりません"),
    }
}

fn reason(word: &str) -> String {
    let known = Reason::ALL.iter().find(|reason| reason.word() == word || reason.id() == word);
    known.unwrap_or_else(|| panic!("理由「{word}」が分かりません")).id().to_owned()
}
