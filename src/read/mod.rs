//! Bytes → rows of cells; knows formats, knows no people.
