//! Rows of 住民 → residents, one a person: rows of one 宛名番号 belong together, the newest 履歴番号 corrects what came before.

use crate::normalise::residents::Line;
use kansho_core::case::{PastHousehold, PersonKey, Resident, RowCount};
use kansho_core::diag::{Code, Diagnostic, Report};
use kansho_core::origin::Origin;
use kansho_core::person::{AddresseeNumber, PersonNumber};
use kansho_core::residency::Spell;
use std::collections::{BTreeMap, BTreeSet};

/// 名寄せ: the office's list of numbers that are one person's.
#[derive(Debug, Default)]
pub(super) struct Merges {
    addressees: BTreeMap<AddresseeNumber, AddresseeNumber>,
    numbers: BTreeMap<PersonNumber, PersonNumber>,
    /// What each row leads to.
    targets: Vec<(PersonKey, Origin)>,
}

impl Merges {
    pub(super) fn addressee(&mut self, old: AddresseeNumber, into: AddresseeNumber, row: &Origin) {
        self.targets.push((PersonKey::Addressee(into.clone()), row.clone()));
        self.addressees.insert(old, into);
    }

    pub(super) fn number(&mut self, old: PersonNumber, into: PersonNumber, row: &Origin) {
        self.targets.push((PersonKey::Number(into.clone()), row.clone()));
        self.numbers.insert(old, into);
    }

    /// A row that leads to nobody would leave two people where the office says that there is one.
    fn check(&self, residents: &[Resident], report: &mut Report) {
        let keys = |resident: &Resident| {
            let number = resident.number.clone().map(PersonKey::Number);
            number.into_iter().chain(resident.addressee.clone().map(PersonKey::Addressee)).chain(resident.other_keys.clone())
        };
        if self.targets.is_empty() {
            return;
        }
        let known: BTreeSet<PersonKey> = residents.iter().flat_map(keys).collect();
        for (target, row) in self.targets.iter().filter(|(target, _)| !known.contains(target)) {
            let message = "名寄せ先の番号の人が住民にいません";
            let told = Diagnostic::new(Code::MarkOfNobody, message).at(row).of(target.to_string());
            report.push(told.hint("名寄せ先の番号を直すか、その行を除いてください"));
        }
    }

    /// False for a line under a number that the list leads away from.
    fn is_last(&self, line: &Line) -> bool {
        let Resident { number, addressee, .. } = &line.resident;
        !addressee.as_ref().is_some_and(|a| self.addressees.contains_key(a))
            && !number.as_ref().is_some_and(|n| self.numbers.contains_key(n))
    }

    /// The number at the end of the list's chain.
    fn last<'a, N: Ord>(into: &'a BTreeMap<N, N>, number: &'a N) -> &'a N {
        let mut at = number;
        for _ in 0..into.len() {
            match into.get(at) {
                Some(next) => at = next,
                None => break,
            }
        }
        at
    }
}

/// Every resident once. Who cannot be told apart or put together is held, never chosen.
pub(super) fn fold(mut lines: Vec<Line>, mut merges: Merges, rows: &mut RowCount, report: &mut Report) -> Vec<Resident> {
    for line in &lines {
        if let (Some(old), Some(into)) = (&line.resident.addressee, &line.into)
            && old != into
        {
            merges.addressee(old.clone(), into.clone(), &line.resident.origin);
        }
    }
    let mut groups = groups(&mut lines, &merges);
    let mut residents: Vec<Resident> = Vec::with_capacity(groups.len());
    for group in &mut groups {
        let folded = person(std::mem::take(group), &merges, rows, report);
        residents.extend(folded);
    }
    one_number_on_two(&mut residents, report);
    merges.check(&residents, report);
    residents
}

/// The lines of each person, by the 宛名番号 after 名寄せ, else by the number.
fn groups(lines: &mut Vec<Line>, merges: &Merges) -> Vec<Vec<Line>> {
    let addressee = |line: &Line| line.resident.addressee.as_ref().map(|a| Merges::last(&merges.addressees, a).clone());
    let number = |line: &Line| line.resident.number.as_ref().map(|n| Merges::last(&merges.numbers, n).clone());
    // Which 宛名番号 a number stands beside; a number beside two of them leads to neither.
    let mut beside: BTreeMap<PersonNumber, Option<AddresseeNumber>> = BTreeMap::new();
    for line in lines.iter() {
        if let (Some(number), Some(addressee)) = (number(line), addressee(line)) {
            let known = beside.entry(number).or_insert_with(|| Some(addressee.clone()));
            if known.as_ref() != Some(&addressee) {
                *known = None;
            }
        }
    }
    // Two 宛名番号 whose numbers 名寄せ makes one are one person.
    let mut keyed: BTreeMap<(Option<AddresseeNumber>, Option<PersonNumber>), Vec<Line>> = BTreeMap::new();
    for line in lines.drain(..) {
        let number = number(&line);
        let merged = line
            .resident
            .number
            .as_ref()
            .is_some_and(|n| merges.numbers.contains_key(n) || merges.numbers.values().any(|into| into == n));
        let key = match (addressee(&line), number) {
            (_, Some(number)) if merged => (None, Some(number)),
            (Some(addressee), _) => (Some(addressee), None),
            (None, Some(number)) => match beside.get(&number) {
                Some(Some(addressee)) => (Some(addressee.clone()), None),
                Some(None) | None => (None, Some(number)),
            },
            (None, None) => (None, None),
        };
        keyed.entry(key).or_default().push(line);
    }
    keyed.into_values().collect()
}

/// The lines of one person → the newest, with the spells of all.
fn person(mut lines: Vec<Line>, merges: &Merges, rows: &mut RowCount, report: &mut Report) -> Option<Resident> {
    lines.sort_by_key(|line| (merges.is_last(line), line.history, line.resident.origin.clone()));
    let mut held: Vec<Diagnostic> = Vec::new();
    let mut seen: Vec<Line> = Vec::with_capacity(lines.len());
    for line in lines {
        let doubled = seen.iter().any(|other| same(other, &line));
        if doubled {
            rows.superseded += 1;
            let message = "同じ内容の行が二つあります";
            report.push(Diagnostic::new(Code::RowTwice, message).at(&line.resident.origin).of(line.resident.label()));
            continue;
        }
        seen.push(line);
    }
    for pair in seen.windows(2) {
        if let [a, b] = pair
            && (a.history == b.history || a.history.is_none())
            && merges.is_last(a) == merges.is_last(b)
        {
            let who = b.resident.label();
            let message = format!("{who} の人が二人います（もう一つの行: {}）", a.resident.origin);
            let told = Diagnostic::new(Code::PersonDuplicate, message).at(&b.resident.origin).so("この人を保留にしました");
            held.push(told);
        }
    }
    let numbers: BTreeSet<PersonNumber> = seen.iter().filter_map(|line| line.resident.number.clone()).collect();
    let addressees: BTreeSet<AddresseeNumber> = seen.iter().filter_map(|line| line.resident.addressee.clone()).collect();
    let meant: BTreeSet<&PersonNumber> = numbers.iter().map(|number| Merges::last(&merges.numbers, number)).collect();
    let joined = addressees.len() > 1;
    let newest = seen.last().map(|line| line.resident.clone());
    if let Some(newest) = newest.as_ref().filter(|_| meant.len() > 1 && !joined) {
        let message = "一つの宛名番号に予防接種番号が二つあります";
        let told = Diagnostic::new(Code::NumbersTwo, message).at(&newest.origin).of(newest.label());
        held.push(told.so("この人を保留にしました"));
    }
    let mut spells: Vec<Spell> = Vec::new();
    let mut lasting: Vec<Diagnostic> = Vec::new();
    for line in &seen {
        for spell in &line.resident.residency.spells {
            // What is open, or overlaps the newer spell, was corrected by it.
            spells.retain(|old| old.removed.is_some_and(|(gone, _)| gone <= spell.since) && old.since < spell.since);
            spells.push(spell.clone());
        }
        lasting.extend(line.lasting.iter().cloned());
    }
    rows.superseded += seen.len().saturating_sub(1);
    rows.used += 1;
    let mut resident = newest?;
    resident.households = households(&seen, merges);
    if !resident.residency.spells.is_empty() {
        resident.residency.spells = spells;
    }
    resident.number = resident.number.or_else(|| numbers.iter().next_back().cloned());
    for problem in lasting {
        if !resident.problems.contains(&problem) {
            resident.problems.push(problem);
        }
    }
    for problem in held {
        report.push(problem.clone());
        resident.problems.push(problem);
    }
    let own = (resident.number.clone(), resident.addressee.clone());
    let other_numbers = numbers.into_iter().filter(|n| Some(n) != own.0.as_ref()).map(PersonKey::Number);
    let other_addressees = addressees.into_iter().filter(|a| Some(a) != own.1.as_ref()).map(PersonKey::Addressee);
    resident.other_keys = other_numbers.chain(other_addressees).collect();
    // A number that 名寄せ names and no row of 住民 has may still stand in the ledger.
    for old in merges.numbers.keys() {
        if Some(Merges::last(&merges.numbers, old)) == resident.number.as_ref() && Some(old) != resident.number.as_ref() {
            resident.other_keys.push(PersonKey::Number(old.clone()));
        }
    }
    for old in merges.addressees.keys() {
        if Some(Merges::last(&merges.addressees, old)) == resident.addressee.as_ref() {
            resident.other_keys.push(PersonKey::Addressee(old.clone()));
        }
    }
    resident.other_keys.sort();
    resident.other_keys.dedup();
    Some(resident)
}

/// The households of all rows but the newest. A row says what is so from its 異動日, else from its 住民となった日, until the person is struck
/// off or the next row begins; where no later day is known (転居 changes no 住民となった日) its end is not known either.
fn households(rows: &[Line], merges: &Merges) -> Vec<PastHousehold> {
    let since = |line: &Line| line.resident.residency.spells.first().map(|spell| spell.since);
    let begins = |line: &Line| line.changed.or_else(|| since(line));
    let mut found = Vec::new();
    for pair in rows.windows(2) {
        let [row, next] = pair else { continue };
        let Some(number) = row.resident.household.clone() else { continue };
        let from = begins(row);
        let gone = row.resident.residency.spells.first().and_then(|spell| spell.removed).map(|(on, _)| on);
        // The row of another number is no sequel.
        let follows = merges.is_last(row) == merges.is_last(next);
        let replaced = begins(next).filter(|next| follows && from.is_some_and(|from| from < *next));
        found.push(PastHousehold { number, from, until: [gone, replaced].into_iter().flatten().min() });
    }
    found
}

/// Two lines that say the same.
fn same(a: &Line, b: &Line) -> bool {
    let (x, y) = (&a.resident, &b.resident);
    a.history == b.history
        && (&a.into, a.changed) == (&b.into, b.changed)
        && x.guardian == y.guardian
        && (&x.number, &x.addressee, &x.household, &x.name, &x.birth)
            == (&y.number, &y.addressee, &y.household, &y.name, &y.birth)
        && (x.sex, &x.address, &x.residency) == (y.sex, &y.address, &y.residency)
        && x.problems.iter().map(|p| (p.code, &p.message)).eq(y.problems.iter().map(|p| (p.code, &p.message)))
}

/// One 予防接種番号 on two 宛名番号 holds both.
fn one_number_on_two(residents: &mut [Resident], report: &mut Report) {
    let mut places: BTreeMap<PersonNumber, Vec<usize>> = BTreeMap::new();
    for (place, resident) in residents.iter().enumerate() {
        if let Some(number) = &resident.number {
            places.entry(number.clone()).or_default().push(place);
        }
    }
    for (number, places) in places.into_iter().filter(|(_, places)| places.len() > 1) {
        let rows: Vec<String> = places.iter().map(|place| residents[*place].origin.to_string()).collect();
        for place in places {
            let resident = &mut residents[place];
            let message = format!("一つの予防接種番号が、宛名番号の違う {} 人にあります（{}）", rows.len(), rows.join("、"));
            let told = Diagnostic::new(Code::NumbersTwo, message).at(&resident.origin).of(format!("予防接種番号 {number}"));
            let told = told.so("この人たちを保留にしました");
            report.push(told.clone());
            resident.problems.push(told);
        }
    }
}
