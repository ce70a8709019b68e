//! Report → what the clerk reads on the terminal or opens as a list.

use super::{Diagnostic, Report, Severity};
use std::fmt::Write as _;

/// The Japanese word of a severity.
#[must_use]
pub const fn severity_word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "エラー",
        Severity::Held => "保留",
        Severity::Alert => "アラート",
        Severity::Note => "注記",
    }
}

/// One finding: place first, then the finding, then what happened, then what to do.
#[must_use]
pub fn diagnostic(d: &Diagnostic) -> String {
    let mut text = format!("{}[{}] ", severity_word(d.severity), d.code.id());
    if let Some(origin) = &d.origin {
        let _ = write!(text, "{origin}: ");
    }
    text.push_str(&d.message);
    let detail: Vec<&str> = [d.person.as_deref(), d.consequence.as_deref()].into_iter().flatten().collect();
    if !detail.is_empty() {
        let _ = write!(text, "\n  {}", detail.join("。"));
    }
    if let Some(hint) = &d.hint {
        let _ = write!(text, "\n  ヒント: {hint}");
    }
    terminal(&text)
}

/// All findings from `least` upwards, sorted, at most `most` of them; the rest is counted.
#[must_use]
pub fn report(report: &Report, least: Severity, most: usize) -> String {
    let shown: Vec<&Diagnostic> = report.sorted().into_iter().filter(|d| d.severity <= least).collect();
    let mut text: String = shown.iter().take(most).map(|d| diagnostic(d) + "\n").collect();
    if shown.len() > most {
        let _ = writeln!(text, "ほかに {} 件あります", shown.len() - most);
    }
    text
}

/// Text that cannot disturb a terminal: controls (except line feed) and bidirectional marks are shown as code points.
#[must_use]
pub fn terminal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let bidi = matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}');
        if (c.is_control() && c != '\n') || bidi {
            let _ = write!(safe, "<U+{:04X}>", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Code;
    use crate::origin::Origin;

    #[test]
    fn a_message_says_place_finding_consequence_and_remedy() {
        let origin = Origin::file("住民.xlsx").sheet("住民").row(14).column(3);
        let d = Diagnostic::new(Code::DateNotReal, "生年月日「2023-02-29」は暦にない日付です")
            .at(&origin)
            .of("宛名番号 0000012345")
            .so("この人を保留にしました");
        assert_eq!(
            diagnostic(&d),
            "保留[N203] 住民.xlsx「住民」C14: 生年月日「2023-02-29」は暦にない日付です\n  宛名番号 0000012345。この人を保留にしました\n  ヒント: 住民票で確かめ、不詳であれば「生年月日_不詳フラグ」を 1 にしてください"
        );
    }

    #[test]
    fn controls_and_bidi_marks_do_not_reach_the_terminal() {
        assert_eq!(terminal("a\u{1b}[31m\u{202E}b"), "a<U+001B>[31m<U+202E>b");
    }
}
