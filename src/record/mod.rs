//! What was issued: manifest, decision list, report.
