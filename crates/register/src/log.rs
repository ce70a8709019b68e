//! 記録（アクセスログ）: append-only and hash-chained (design §7b, CK24). Numbers and purposes, never a name.

use crate::clock::Moment;
use crate::store::link::{Fault, Link, Value};
use serde_json::{Map, Value as Json, json};
use sha2::{Digest, Sha256};

/// What an entry says of how an act ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Ok,
    /// Not permitted.
    Denied,
    /// Refused or failed.
    Failed,
}

impl Outcome {
    const fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Denied => "denied",
            Self::Failed => "failed",
        }
    }
}

/// One entry to be.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// What was done: the verb.
    pub action: &'a str,
    /// When.
    pub at: Moment,
    /// Counts, run ids, reasons.
    pub detail: Map<String, Json>,
    /// The machine.
    pub host: &'a str,
    /// Who.
    pub operator: &'a str,
    /// The account of the operating system.
    pub os_account: &'a str,
    /// How it ended.
    pub outcome: Outcome,
    /// Whose, by 予防接種番号.
    pub person: Option<&'a str>,
    /// What for.
    pub purpose: Option<&'a str>,
}

/// The last entry: `SEQ:HASH`; nothing of an empty log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Head {
    /// Its number; 0 of an empty log.
    pub seq: u64,
    /// Its hash, 64 hexadecimal digits; zeros of an empty log.
    pub hash: String,
}

impl std::fmt::Display for Head {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.seq, if self.hash.is_empty() { ZERO } else { &self.hash })
    }
}

const ZERO: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Appends an entry; gives the new head.
///
/// # Errors
/// A [`Fault`].
pub fn append(link: &mut dyn Link, entry: &Entry<'_>) -> Result<Head, Fault> {
    let last = head(link)?;
    let seq = last.seq + 1;
    let text = canonical(&json!({
        "action": entry.action,
        "at": entry.at.to_string(),
        "detail": entry.detail,
        "host": entry.host,
        "operator": entry.operator,
        "os_account": entry.os_account,
        "outcome": entry.outcome.word(),
        "person": entry.person,
        "purpose": entry.purpose,
        "seq": seq,
    }));
    let hash = chained(&last.hash, &text);
    link.run("INSERT INTO audit_log (seq, entry, hash) VALUES ($1, $2, $3)", &[seq.into(), text.into(), (&hash).into()])?;
    Ok(Head { seq, hash })
}

/// The last entry.
///
/// # Errors
/// A [`Fault`].
pub fn head(link: &mut dyn Link) -> Result<Head, Fault> {
    let row = link.row("SELECT seq, hash FROM audit_log ORDER BY seq DESC LIMIT 1", &[])?;
    Ok(row.map_or_else(Head::default, |row| Head { seq: row[0].count(), hash: row[1].words() }))
}

/// When the last entry was made.
///
/// # Errors
/// A [`Fault`].
pub fn last_moment(link: &mut dyn Link) -> Result<Option<Moment>, Fault> {
    let row = link.row("SELECT entry FROM audit_log ORDER BY seq DESC LIMIT 1", &[])?;
    let entry = row.and_then(|row| serde_json::from_str::<Json>(row[0].text()?).ok());
    Ok(entry.and_then(|entry| Moment::parse(entry.get("at")?.as_str()?)))
}

/// JSON with sorted keys and without blanks.
fn canonical(value: &Json) -> String {
    match value {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            let inner: Vec<String> =
                keys.iter().map(|key| format!("{}:{}", Json::from(key.as_str()), canonical(&map[*key]))).collect();
            format!("{{{}}}", inner.join(","))
        }
        Json::Array(list) => format!("[{}]", list.iter().map(canonical).collect::<Vec<_>>().join(",")),
        other @ (Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_)) => other.to_string(),
    }
}

/// SHA-256 of the hash before as 32 bytes and the entry.
fn chained(before: &str, entry: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(bytes(if before.is_empty() { ZERO } else { before }));
    hasher.update(entry.as_bytes());
    kansho_core::hash::hex(&hasher.finalize())
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len() / 2).filter_map(|at| u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()).collect()
}

/// What is wrong with the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first entry that is not as it was written.
    pub seq: u64,
    /// Why, in Japanese.
    pub why: String,
}

/// The chain from its beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Number of entries.
    pub entries: u64,
    /// The last one.
    pub head: Head,
    /// The first that is wrong.
    pub bad: Option<Broken>,
}

/// Recomputes the whole chain; with a head on paper, compares it. A chain cannot find its own cut tail: only a head on paper does.
///
/// # Errors
/// A [`Fault`].
pub fn verify(link: &mut dyn Link, paper: Option<&Head>) -> Result<Verified, Fault> {
    let mut verified = Verified { entries: 0, head: Head::default(), bad: None };
    let mut at_paper: Option<String> = None;
    link.each("SELECT seq, entry, hash FROM audit_log ORDER BY seq", &[], &mut |row| {
        let (seq, entry, hash) = (row[0].count(), row[1].text().unwrap_or_default(), row[2].text().unwrap_or_default());
        let wrong = |why: &str| Some(Broken { seq, why: why.to_owned() });
        let says = serde_json::from_str::<Json>(entry).ok().and_then(|entry| entry.get("seq")?.as_u64());
        if verified.bad.is_none() {
            if seq != verified.entries + 1 {
                verified.bad = Some(Broken { seq: verified.entries + 1, why: "記録が抜けています".to_owned() });
            } else if says != Some(seq) {
                verified.bad = wrong("記録の番号が違います");
            } else if chained(&verified.head.hash, entry) != hash {
                verified.bad = wrong("記録の内容か照合値が、書いたときと違います");
            }
        }
        if paper.is_some_and(|paper| paper.seq == seq) {
            at_paper = Some(hash.to_owned());
        }
        verified.entries += 1;
        verified.head = Head { seq, hash: hash.to_owned() };
        Ok(())
    })?;
    if let (Some(paper), None) = (paper.filter(|paper| paper.seq > 0), &verified.bad) {
        match at_paper {
            None => {
                let why = format!("控えの {} 番の記録がありません。記録の終わりが切り取られています", paper.seq);
                verified.bad = Some(Broken { seq: verified.entries + 1, why });
            }
            Some(hash) if hash != paper.hash => {
                verified.bad = Some(Broken {
                    seq: paper.seq,
                    why: "控えの照合値と違います。記録が書き直されています".to_owned(),
                });
            }
            Some(_) => {}
        }
    }
    Ok(verified)
}

/// Calls `visit` with every entry, in order, as JSON.
///
/// # Errors
/// A [`Fault`].
pub fn each(link: &mut dyn Link, from: u64, visit: &mut dyn FnMut(&Json) -> Result<(), Fault>) -> Result<(), Fault> {
    link.each("SELECT entry FROM audit_log WHERE seq >= $1 ORDER BY seq", &[from.into()], &mut |row| {
        let entry = row[0].text().and_then(|text| serde_json::from_str::<Json>(text).ok()).ok_or(Fault::Damaged)?;
        visit(&entry)
    })
}

/// Calls `visit` with every entry as it was written and its hash, in order.
///
/// # Errors
/// A [`Fault`], or what `visit` gives.
pub fn lines(link: &mut dyn Link, visit: &mut dyn FnMut(u64, &str, &str) -> Result<(), Fault>) -> Result<(), Fault> {
    link.each("SELECT seq, entry, hash FROM audit_log ORDER BY seq", &[], &mut |row| {
        visit(row[0].count(), row[1].text().unwrap_or_default(), row[2].text().unwrap_or_default())
    })
}

/// A head as it is printed: `SEQ:HASH`.
#[must_use]
pub fn parse_head(text: &str) -> Option<Head> {
    let (seq, hash) = text.trim().split_once(':')?;
    let right = hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit());
    Some(Head { seq: seq.parse().ok().filter(|_| right)?, hash: hash.to_lowercase() })
}

/// The detail of an entry.
#[must_use]
pub fn detail<const N: usize>(parts: [(&str, Json); N]) -> Map<String, Json> {
    parts.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

/// A number that a statement gave, in a detail.
#[must_use]
pub fn number(value: &Value<'_>) -> Json {
    value.integer().map_or(Json::Null, Json::from)
}
