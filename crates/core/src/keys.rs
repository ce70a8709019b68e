//! Keys: by what people, programmes and decisions are tied to one another. A place in one list is not taken for one in another.

use crate::case::Case;
use crate::decision::Decision;
use std::ops::{Index, IndexMut};

macro_rules! keys {
    ($($(#[$doc:meta])* $name:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(usize);

        impl $name {
            /// The key of what stands in this place of its list, from 0.
            #[must_use]
            pub const fn at(place: usize) -> Self {
                Self(place)
            }

            /// The place in its list, from 0.
            #[must_use]
            pub const fn place(self) -> usize {
                self.0
            }

            /// Everything of a list with its key.
            pub fn each<T>(list: impl IntoIterator<Item = T>) -> impl Iterator<Item = (Self, T)> {
                list.into_iter().enumerate().map(|(place, one)| (Self(place), one))
            }
        }
    )* };
}

keys! {
    /// 人: which of the cases.
    CaseKey;
    /// 通知事業: which of the programmes.
    ProgrammeKey;
    /// 判定: which of the decisions.
    DecisionKey;
}

impl Index<CaseKey> for [Case] {
    type Output = Case;

    fn index(&self, key: CaseKey) -> &Case {
        &self[key.0]
    }
}

impl Index<CaseKey> for Vec<Case> {
    type Output = Case;

    fn index(&self, key: CaseKey) -> &Case {
        &self[key.0]
    }
}

impl IndexMut<CaseKey> for [Case] {
    fn index_mut(&mut self, key: CaseKey) -> &mut Case {
        &mut self[key.0]
    }
}

impl IndexMut<CaseKey> for Vec<Case> {
    fn index_mut(&mut self, key: CaseKey) -> &mut Case {
        &mut self[key.0]
    }
}

impl Index<DecisionKey> for [Decision] {
    type Output = Decision;

    fn index(&self, key: DecisionKey) -> &Decision {
        &self[key.0]
    }
}

impl IndexMut<DecisionKey> for [Decision] {
    fn index_mut(&mut self, key: DecisionKey) -> &mut Decision {
        &mut self[key.0]
    }
}
