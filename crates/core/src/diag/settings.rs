//! 設定ファイル: every TOML file is read here, so that what is wrong with one is told in Japanese, with its line and key, and without
//! any text of it: such a file may hold names and passwords.

use crate::nearest::nearest;
use serde::de::DeserializeOwned;

/// More misspelt keys of one file are told when these are mended.
const MOST: usize = 20;

/// Reads the text of a settings file.
///
/// # Errors
/// What is wrong, and where in the file: every key that is not known, and the first of what else is wrong, a line each.
pub fn read<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut rest = text.to_owned();
    let mut reasons = Vec::new();
    loop {
        let error = match toml::from_str(&rest) {
            Ok(value) if reasons.is_empty() => return Ok(value),
            Ok(_) => return Err(reasons.join("\n")),
            Err(error) => error,
        };
        // A key that is missing may be the one that is misspelt.
        if reasons.is_empty() || !error.message().starts_with("missing field") {
            let at = error.span().map_or_else(String::new, |span| place(&rest, span.start));
            reasons.push(format!("{at}{}", words(error.message())));
        }
        let unknown = error.message().starts_with("unknown field") && reasons.len() < MOST;
        match error.span().filter(|_| unknown).and_then(|span| without(&rest, span.start)) {
            Some(shorter) => rest = shorter,
            None => return Err(reasons.join("\n")),
        }
    }
}

/// Reads a table that was put together from parts of the file `text`.
///
/// # Errors
/// What is wrong, and the line of a key that is not known.
pub fn table<T: DeserializeOwned>(table: toml::Table, text: &str) -> Result<T, String> {
    table.try_into().map_err(|error: toml::de::Error| {
        let unknown = error.message().strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
        let written = |line: &str| unknown.is_some_and(|key| has_key(line, key));
        let number = text.split('\n').position(written).map_or_else(String::new, |line| format!("{}行: ", line + 1));
        format!("{number}{}", words(error.message()))
    })
}

/// Whether a line gives a key its value, alone or within braces.
fn has_key(line: &str, key: &str) -> bool {
    let part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    line.match_indices(key).any(|(at, _)| {
        let (before, behind) = (line[..at].chars().next_back(), line[at + key.len()..].trim_start());
        !before.is_some_and(part) && behind.starts_with('=')
    })
}

/// The text without the key or the table that stands at a place; as many lines as before. `None` when it cannot be taken out alone.
fn without(text: &str, at: usize) -> Option<String> {
    let first = text.get(..at)?.matches('\n').count();
    let mut lines: Vec<&str> = text.split('\n').collect();
    let header = |line: &&str| line.trim_start().starts_with('[');
    let rest = lines.get(first..)?;
    let end = if header(rest.first()?) { rest.iter().skip(1).position(header).map_or(rest.len(), |n| n + 1) } else { 1 };
    lines.get_mut(first..first + end)?.fill("");
    let shorter = lines.join("\n");
    toml::from_str::<toml::Table>(&shorter).is_ok().then_some(shorter)
}

/// Line, table and key at a place of a text; the keys only where they are plain ones.
fn place(text: &str, at: usize) -> String {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count();
    let header = |line: &str| {
        let inner = line.trim().trim_start_matches('[').split(']').next().unwrap_or_default().trim().to_owned();
        (line.trim_start().starts_with('[') && plain(&inner)).then_some(inner)
    };
    let lines: Vec<&str> = text.split('\n').take(line + 1).collect();
    let table = lines.iter().rev().find_map(|line| header(line));
    let key = lines.last().and_then(|line| line.split_once('=')).map(|(key, _)| key.trim()).filter(|key| plain(key));
    let number = line + 1;
    match (table, key) {
        (Some(table), Some(key)) => format!("{number}行（[{table}] の {key}）: "),
        (Some(table), None) => format!("{number}行（[{table}]）: "),
        (None, Some(key)) => format!("{number}行（{key}）: "),
        (None, None) => format!("{number}行: "),
    }
}

/// Whether a key is one that our own files may have.
fn plain(key: &str) -> bool {
    (1..=40).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The Japanese of a reason; values that stand in it are left out.
fn words(message: &str) -> String {
    // Our own readers speak Japanese.
    if message.starts_with(|c: char| !c.is_ascii()) {
        return message.to_owned();
    }
    let (found, expected) = message.split_once(", expected ").unwrap_or((message, ""));
    let named = || quoted(found).into_iter().find(|key| plain(key)).map_or_else(String::new, |key| format!("「{key}」"));
    let meant = || {
        let word = quoted(found).into_iter().find(|key| plain(key));
        word.and_then(|word| nearest(word, quoted(expected).into_iter()))
            .map_or_else(String::new, |near| format!("。「{near}」のことですか"))
    };
    let choice = match quoted(expected).as_slice() {
        [] => String::new(),
        known => format!("{}。書けるのは {} です", meant(), known.join("・")),
    };
    if found.starts_with("unknown field") {
        format!("知らない項目{}があります{choice}", named())
    } else if found.starts_with("missing field") {
        format!("項目{}がありません", named())
    } else if found.starts_with("unknown variant") {
        format!("知らない語です{choice}")
    } else if found.starts_with("duplicate") {
        "同じ項目が二度書いてあります".to_owned()
    } else if found.starts_with("invalid type") || found.starts_with("data did not match") {
        format!("値の種類が違います{}", kind(expected))
    } else if found.starts_with("invalid value") {
        format!("値が使える範囲の外です{}", kind(expected))
    } else if found.starts_with("invalid length") {
        format!("値の個数が違います{}", kind(expected))
    } else if found.contains("string") || found.contains("quote") {
        "書き方の誤りです。文字は \" で囲みます".to_owned()
    } else if found.contains("array") || found.contains("table") {
        "書き方の誤りです。括弧 [ ] { } と読点 , を確かめてください".to_owned()
    } else {
        "書き方の誤りです。「項目 = 値」の形で、文字の値は \" で囲んで書きます".to_owned()
    }
}

/// The words in backticks.
fn quoted(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// What kind of value is asked for.
fn kind(expected: &str) -> String {
    let last = |text: &str| text.rsplit(' ').next().and_then(|count| count.parse::<usize>().ok());
    let asked = match expected {
        "a string" | "string" => "文字（\" で囲む）".to_owned(),
        "a boolean" => "true か false".to_owned(),
        "f64" | "f32" => "数".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "整数".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "0 以上の整数".to_owned(),
        "a sequence" => "並び（[ ] で囲む）".to_owned(),
        "a map" => "表（[ ] の見出しか { }）".to_owned(),
        other if other.starts_with("struct ") => "表（[ ] の見出しか { }）".to_owned(),
        other => match last(other) {
            Some(count) => format!("{count} 個の並び（[ ] で囲む）"),
            None => return String::new(),
        },
    };
    format!("。{asked}にしてください")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use std::collections::BTreeMap;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Way {
        Go,
        Stop,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct File {
        name: String,
        #[serde(default)]
        part: BTreeMap<String, Part>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only read")]
    struct Part {
        count: u8,
        way: Option<Way>,
        pair: Option<[String; 2]>,
        on: Option<bool>,
    }

    /// Every kind of fault is told with its line and key, in Japanese, and nothing of the file's own text.
    #[test]
    fn faults_are_told_and_values_are_not() {
        const SECRET: &str = "hunter2";
        let part = |line: &str| format!("name = \"x\"\n[part.a]\n{line}\n");
        let cases = [
            (part("count = 1\nway = \"hunter2\""), "4行（[part.a] の way）: 知らない語です。書けるのは go・stop です"),
            (part("count = \"hunter2\""), "3行（[part.a] の count）: 値の種類が違います。0 以上の整数にしてください"),
            (part("count = 300 # hunter2"), "3行（[part.a] の count）: 値が使える範囲の外です。0 以上の整数にしてください"),
            (part("count = 1\ncount = 2 # hunter2"), "4行（[part.a] の count）: 同じ項目が二度書いてあります"),
            (part("count = 1\ncuont = 2 # hunter2"), "4行（[part.a] の cuont）: 知らない項目「cuont」があります"),
            (part("count = 1\npair = [\"hunter2\"]"), "4行（[part.a] の pair）: 値の個数が違います。2 個の並び"),
            (part("count = 1\non = \"hunter2\""), "4行（[part.a] の on）: 値の種類が違います。true か false"),
            (part("# hunter2"), "2行（[part.a]）: 項目「count」がありません"),
            ("name = \"hunter2".to_owned(), "1行（name）: 書き方の誤りです。文字は"),
            ("name = hunter2".to_owned(), "1行（name）: 書き方の誤りです"),
            ("hunter2 is the password".to_owned(), "1行: 書き方の誤りです"),
            ("name = \"x\"\n[hunter2 what".to_owned(), "2行: 書き方の誤りです"),
            ("\"hunter2 山田太郎\" = 1\nname = \"x\"".to_owned(), "1行: 知らない項目があります"),
            ("# hunter2".to_owned(), "項目「name」がありません"),
        ];
        let all = read::<File>("nam = 1\n[part.a]\ncount = 1\ncuont = 1\nwya = \"go\"\n[prat.b]\ncount = 1\n").unwrap_err();
        let told: Vec<&str> = all.lines().map(|line| line.split("。書けるのは").next().unwrap_or_default()).collect();
        assert_eq!(
            told,
            [
                "1行（nam）: 知らない項目「nam」があります。「name」のことですか",
                "4行（[part.a] の cuont）: 知らない項目「cuont」があります。「count」のことですか",
                "5行（[part.a] の wya）: 知らない項目「wya」があります。「way」のことですか",
                "6行（[prat.b]）: 知らない項目「prat」があります。「part」のことですか",
            ]
        );
        for (text, told) in cases {
            let reason = read::<File>(&text).unwrap_err();
            assert!(reason.contains(told) && !reason.contains(SECRET), "{text:?}: {reason}");
            assert!(!reason.contains("expected") && !reason.contains("TOML"), "{text:?}: {reason}");
        }
    }
}
