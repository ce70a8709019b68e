//! Case × programmes × as-of → decisions with evidence.
