//! Seconds per stage of a whole run on a made-up city. See README, "Size and speed".

fn main() {}
