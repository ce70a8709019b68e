//! 住民であるか: spells of residence, planned departure, death.

use chrono::NaiveDate;

/// 異動事由 by which a spell of residence began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Entry {
    /// 出生
    Birth,
    /// 転入 (from another municipality or from abroad).
    MovedIn,
    /// 職権記載, 帰化, 転居, 異動の取消し（増）, or not stated.
    Other,
}

/// 消除事由 by which a spell of residence ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Removal {
    /// 転出
    MovedOut,
    /// 死亡
    Died,
    /// 職権消除
    StruckOff,
    /// 異動の取消し（減）, 国籍喪失 or not stated.
    Other,
}

/// One spell of residence: [住民となった日, 消除日). The removal date itself is not a resident day (schedule 2.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spell {
    /// 住民となった日
    pub since: NaiveDate,
    /// How it began.
    pub entry: Entry,
    /// 消除日 and why, when it has ended.
    pub removed: Option<(NaiveDate, Removal)>,
}

/// Everything the register says about residence, oldest spell first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residency {
    /// The spells; none where 住民となった日 cannot be read.
    pub spells: Vec<Spell>,
    /// 転出予定日: still a resident until the day before (standard-spec 1.1).
    pub leaving_on: Option<NaiveDate>,
    /// 死亡日
    pub died_on: Option<NaiveDate>,
}

/// The answer for one day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A resident on that day, since the given day.
    Resident {
        /// 住民となった日 of the spell that holds the day.
        since: NaiveDate,
    },
    /// Not a resident yet.
    NotYet {
        /// 住民となった日.
        since: NaiveDate,
    },
    /// Still entered, but the planned departure has come by that day.
    Leaving {
        /// 転出予定日.
        on: NaiveDate,
    },
    /// No longer a resident.
    Gone {
        /// 消除日 (or 死亡日).
        on: NaiveDate,
        /// 消除事由.
        why: Removal,
    },
    /// 住民となった日 cannot be read: nobody can say whether this is a resident.
    Unknown,
}

impl Residency {
    /// Whether the person is a resident on `day` (CK1): `住民となった日 ≤ day < 消除日`, and not dead, and 転出予定日 not reached.
    #[must_use]
    pub fn on(&self, day: NaiveDate) -> Standing {
        if let Some(died) = self.died_on.filter(|died| *died <= day) {
            return Standing::Gone { on: died, why: Removal::Died };
        }
        if self.spells.is_empty() {
            return Standing::Unknown;
        }
        let holding = self.spells.iter().find(|s| s.since <= day && s.removed.is_none_or(|(on, _)| day < on));
        if let Some(spell) = holding {
            return match self.leaving_on {
                Some(on) if on <= day && on > spell.since => Standing::Leaving { on },
                _ => Standing::Resident { since: spell.since },
            };
        }
        let last_gone = self.spells.iter().filter(|s| s.since <= day).filter_map(|s| s.removed).max_by_key(|(on, _)| *on);
        match (last_gone, self.spells.iter().filter(|s| s.since > day).map(|s| s.since).min()) {
            (Some((on, why)), _) => Standing::Gone { on, why },
            (None, Some(since)) => Standing::NotYet { since },
            (None, None) => Standing::Gone { on: day, why: Removal::Other },
        }
    }

    /// The newest spell.
    #[must_use]
    pub fn latest(&self) -> Option<&Spell> {
        self.spells.iter().max_by_key(|s| s.since)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn gone(on: &str, why: Removal) -> Residency {
        Residency {
            spells: vec![Spell { since: d("2020-04-01"), entry: Entry::MovedIn, removed: Some((d(on), why)) }],
            leaving_on: None,
            died_on: None,
        }
    }

    #[test]
    fn 消除日の当日は住民でない() {
        let r = gone("2026-12-01", Removal::MovedOut);
        assert_eq!(r.on(d("2026-11-30")), Standing::Resident { since: d("2020-04-01") });
        assert_eq!(r.on(d("2026-12-01")), Standing::Gone { on: d("2026-12-01"), why: Removal::MovedOut });
        assert_eq!(r.on(d("2020-03-31")), Standing::NotYet { since: d("2020-04-01") });
        assert_eq!(r.on(d("2020-04-01")), Standing::Resident { since: d("2020-04-01") });
    }

    #[test]
    fn 転出予定日からは送らない() {
        let mut r = gone("2026-12-01", Removal::MovedOut);
        r.spells[0].removed = None;
        r.leaving_on = Some(d("2026-12-10"));
        assert_eq!(r.on(d("2026-12-09")), Standing::Resident { since: d("2020-04-01") });
        assert_eq!(r.on(d("2026-12-10")), Standing::Leaving { on: d("2026-12-10") });
    }

    #[test]
    fn 戻ってきた人は二つ目の期間で住民になる() {
        let mut r = gone("2024-03-31", Removal::MovedOut);
        r.spells.push(Spell { since: d("2026-11-05"), entry: Entry::MovedIn, removed: None });
        assert_eq!(r.on(d("2025-01-01")), Standing::Gone { on: d("2024-03-31"), why: Removal::MovedOut });
        assert_eq!(r.on(d("2026-12-01")), Standing::Resident { since: d("2026-11-05") });
    }
}
