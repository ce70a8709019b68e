//! Files → cases: bytes → rows of cells ([`read`]) → values ([`normalise`]) → one case a person ([`join`]).

pub mod join;
pub mod normalise;
pub mod read;
