//! What is wrong with the data, all of it at once.
//!
//! A [`Diagnostic`] is about the data and there may be many; a [`Failure`] is about the run and there is one.
//! Lower layers give facts; only [`show`] makes layout.

pub mod code;
pub mod settings;
pub mod show;

pub use code::Code;

use crate::origin::Origin;

/// How much a diagnostic stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// エラー: the run is refused (structural: a file, a column, a rule, counts).
    Error,
    /// 保留: the person is held; the run goes on or not as `held` in `municipality.toml` says.
    Held,
    /// アラート: possible but needs attention; listed, the run goes on.
    Alert,
    /// 注記: worth knowing.
    Note,
}

/// One finding about the data: place, finding, consequence, remedy.
///
/// Messages never contain a name, an address or a birth date; a person is named by 予防接種番号 or 宛名番号 only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The row of the code table ([`code`]).
    pub code: Code,
    /// Severity; the table's own unless raised or lowered by the place that reports.
    pub severity: Severity,
    /// Where, as the clerk knows it.
    pub origin: Option<Origin>,
    /// What was found and what was expected. One sentence, no full stop.
    pub message: String,
    /// Whose: 予防接種番号 or 宛名番号 with its label, when it is known.
    pub person: Option<String>,
    /// What happened to the row or the person.
    pub consequence: Option<String>,
    /// What to do.
    pub hint: Option<String>,
}

impl Diagnostic {
    /// A diagnostic with the table's severity and hint.
    #[must_use]
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: code.severity(),
            origin: None,
            message: message.into(),
            person: None,
            consequence: None,
            hint: code.hint().map(str::to_owned),
        }
    }

    /// Says where.
    #[must_use]
    pub fn at(mut self, origin: &Origin) -> Self {
        self.origin = Some(origin.clone());
        self
    }

    /// Says whose (a number with its label, never a name).
    #[must_use]
    pub fn of(mut self, person: impl Into<String>) -> Self {
        self.person = Some(person.into());
        self
    }

    /// Says what happened to the row or the person.
    #[must_use]
    pub fn so(mut self, consequence: impl Into<String>) -> Self {
        self.consequence = Some(consequence.into());
        self
    }

    /// Says what to do, in place of the table's hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Everything found so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    items: Vec<Diagnostic>,
}

impl Report {
    /// An empty report.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one finding.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds all findings of another report.
    pub fn extend(&mut self, other: Report) {
        self.items.extend(other.items);
    }

    /// True when a finding refuses the run.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.items.iter().any(|d| d.severity == Severity::Error)
    }

    /// The findings, sorted by severity, then place, then code.
    #[must_use]
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut items: Vec<&Diagnostic> = self.items.iter().collect();
        items.sort_by(|a, b| {
            (a.severity, &a.origin, a.code.id(), &a.message).cmp(&(b.severity, &b.origin, b.code.id(), &b.message))
        });
        items
    }

    /// The findings in the order they were made.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.items.iter()
    }

    /// Number of findings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// True when nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

/// A value and what was found while making it.
#[derive(Clone, Debug)]
pub struct Checked<T> {
    /// The value; usable only when the report does not refuse.
    pub value: T,
    /// What was found.
    pub report: Report,
}

impl<T> Checked<T> {
    /// The value, unless what was found refuses it.
    ///
    /// # Errors
    /// [`Failure::Refused`] with everything that was found.
    pub fn sound(self) -> Result<T, Failure> {
        if self.report.refuses() { Err(Failure::Refused(self.report)) } else { Ok(self.value) }
    }
}

/// The run itself cannot go on: a disk, an option, a template, a file that cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The data refuse the run; exit code 1.
    #[error("入力に問題があるため、何も出力しませんでした")]
    Refused(Report),
    /// What is asked for is barred, with the code of the reason (design §7b); exit code 1, 2 or 3 by [`Code::exit_code`].
    #[error("{}", show::diagnostic(.0))]
    Barred(Box<Diagnostic>),
    /// Something that is asked for cannot be done for a reason the message tells; exit code 1.
    #[error("{0}")]
    Declined(String),
    /// A file or folder could not be used; exit code 2.
    #[error("{doing}: {path}: {source}")]
    Io {
        /// What was being done, in Japanese (…を読めません).
        doing: String,
        /// Which path.
        path: String,
        /// The system's own words.
        source: std::io::Error,
    },
    /// Wrong usage or configuration; exit code 2.
    #[error("{0}")]
    Usage(String),
}

impl Failure {
    /// 1 = refused (data), 2 = could not run, 3 = not permitted.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Barred(why) => why.code.exit_code(),
            Self::Refused(_) | Self::Declined(_) => 1,
            Self::Io { .. } | Self::Usage(_) => 2,
        }
    }

    /// What is asked for is barred, in the words of the reason.
    pub fn barred(code: Code, message: impl Into<String>) -> Self {
        Self::Barred(Box::new(Diagnostic::new(code, message)))
    }

    /// The code of the reason, where there is one.
    #[must_use]
    pub fn code(&self) -> Option<Code> {
        match self {
            Self::Barred(why) => Some(why.code),
            Self::Refused(report) => report.sorted().first().map(|first| first.code),
            Self::Declined(_) | Self::Io { .. } | Self::Usage(_) => None,
        }
    }

    /// A settings file that is wrong: its name, and each reason in a line of its own.
    #[must_use]
    pub fn settings(name: &str, reasons: impl AsRef<str>) -> Self {
        let lines: Vec<String> = reasons.as_ref().split('\n').map(|reason| format!("{name}: {reason}")).collect();
        Self::Usage(lines.join("\n"))
    }

    /// An input/output failure with what was being done.
    pub fn io(doing: impl Into<String>, path: &std::path::Path, source: std::io::Error) -> Self {
        Self::Io { doing: doing.into(), path: path.display().to_string(), source }
    }
}

/// What was tried and failed, so that all of it can be told at once.
#[derive(Debug, Default)]
pub struct Wrong(Vec<Failure>);

impl Wrong {
    /// What was found, or nothing and the failure is kept.
    pub fn keep<T>(&mut self, found: Result<T, Failure>) -> Option<T> {
        found.map_err(|failure| self.0.push(failure)).ok()
    }

    /// All failures as one. One alone is that very one; where findings are among several the rest is told beside them.
    #[must_use]
    pub fn failure(mut self) -> Failure {
        if self.0.len() == 1
            && let Some(only) = self.0.pop()
        {
            return only;
        }
        let (mut report, mut told) = (Report::new(), Vec::new());
        for failure in self.0 {
            match failure {
                Failure::Refused(found) => report.extend(found),
                Failure::Barred(why) => report.push(*why),
                other @ (Failure::Declined(_) | Failure::Io { .. } | Failure::Usage(_)) => {
                    let words = other.to_string();
                    told.extend((!told.contains(&words)).then_some(words));
                }
            }
        }
        if report.is_empty() {
            return Failure::Usage(told.join("\n"));
        }
        for words in told.iter().flat_map(|words| words.lines()) {
            report.push(Diagnostic::new(Code::Settings, words));
        }
        Failure::Refused(report)
    }
}

impl From<Diagnostic> for Report {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { items: vec![diagnostic] }
    }
}
