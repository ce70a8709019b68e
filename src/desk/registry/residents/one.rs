//! 一人だけの登録: somebody whom the feeds left out as outside every group, stored for a flag or a shot (assessment III.2).

use crate::desk::registry::feed::Taken;
use crate::desk::registry::keep::Groups;
use crate::desk::registry::residents::reader::{self, Line, Reader};
use crate::desk::registry::residents::taking::Taking;
use crate::desk::settings::Settings;
use chrono::NaiveDate;
use kansho_core::diag::{Code, Diagnostic, Failure, Report, Severity};
use kansho_core::person::{AddresseeNumber, PersonNumber};
use kansho_intake::normalise::{self, Customs, Files};
use kansho_register::feeds;
use kansho_register::residents::{self, Residents};
use kansho_register::store::Work;
use std::collections::HashSet;
use std::path::Path;

/// The rows of one person of a feed.
pub struct One {
    lines: Vec<Line>,
    snapshot: NaiveDate,
}

/// It holds a name.
impl std::fmt::Debug for One {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "One({})", self.snapshot)
    }
}

impl One {
    /// Looks for a person, by 予防接種番号 or 宛名番号, in the file of a feed. The mark sheets of the feed came in with it and are not read.
    ///
    /// # Errors
    /// [`Failure::Refused`] when the file is refused, [`Failure::Barred`] (O600) when nobody in it has the number.
    pub fn read(file: &Path, person: &str, settings: &Settings) -> Result<Self, Failure> {
        let office = &settings.office;
        let files = Files { residents: Some(file.to_path_buf()), ..Files::default() };
        let customs = Customs { digits: office.numbers, not_understood_percent: office.entrance.not_understood_percent };
        let mut reader = Reader::new(settings);
        let opened = normalise::open_keeping(&files, &settings.tables, customs, &mut reader)?;
        let mut report = Report::new();
        let refusing = opened.rows.report.iter().filter(|d| d.severity == Severity::Error && d.code != Code::MarksMissing);
        refusing.for_each(|problem| report.push(problem.clone()));
        let (Some(snapshot), false) = (opened.ledger.snapshot, report.refuses()) else { return Err(Failure::Refused(report)) };
        let number = PersonNumber::new(person, office.numbers.person);
        let addressee = AddresseeNumber::new(person, office.numbers.addressee);
        let same = |found: &Option<Box<str>>, wanted: Option<&str>| wanted.is_some() && found.as_deref() == wanted;
        let of_person = |group: &Vec<Line>| {
            let by_number = group.iter().any(|line| same(&line.number, number.as_ref().map(PersonNumber::as_str)));
            by_number || group.iter().any(|line| same(&line.addressee, addressee.as_ref().map(AddresseeNumber::as_str)))
        };
        let lines = reader::groups(reader.lines).into_iter().find(of_person);
        let nobody = || Failure::barred(Code::PersonNotFound, "その番号の人は、このファイルにもいません");
        Ok(Self { lines: lines.ok_or_else(nobody)?, snapshot })
    }

    /// Stores the person, within a transaction.
    ///
    /// # Errors
    /// [`Failure::Barred`] (G611) when the file is not the feed that the register has.
    pub fn take(self, work: &mut Work<'_>, settings: &Settings) -> Result<(), Failure> {
        let known = feeds::snapshot(work.link)?;
        if known != Some(self.snapshot) {
            let has = known.map_or_else(|| "まだありません".to_owned(), |day| format!("{day} です"));
            let message = format!("このファイルの抽出日は {}、登録簿の抽出日は{has}", self.snapshot);
            let told =
                Diagnostic::new(Code::FeedOlder, message).hint("最後に取り込んだ住民のファイルを --from-feed に指定してください");
            return Err(Failure::Barred(Box::new(told)));
        }
        let import = feeds::last_id(work.link)?;
        let mut people = Taking {
            statements: Residents::new(),
            groups: Groups::new(&settings.book, self.snapshot),
            everybody: true,
            marked: HashSet::new(),
            settings,
            seen: HashSet::new(),
            empty: false,
            snapshot: self.snapshot,
            ids: residents::ids(1),
        };
        work.note("from_feed", import);
        people.take(work, &self.lines, &mut Taken { import, ..Taken::default() })
    }
}
