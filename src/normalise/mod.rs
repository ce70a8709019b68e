//! Cells → domain values; knows spelling, knows no files.
