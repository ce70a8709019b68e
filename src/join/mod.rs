//! Values → one case per person.
