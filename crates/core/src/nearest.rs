//! The known word that somebody may have meant.

/// Characters to put in, take out or exchange.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut before = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let change = before + usize::from(x != *y);
            before = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(before + 1);
        }
    }
    row[b.len()]
}

/// The word that is nearest to `text`, if it is near: at most half of its characters differ.
#[must_use]
pub fn nearest<'a>(text: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let most = (text.chars().count() / 2).max(1);
    known.map(|other| (distance(text, other), other)).filter(|(far, _)| *far <= most).min().map(|(_, other)| other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_near() {
        let known = ["postcode", "post_on", "layout"];
        assert_eq!(nearest("postcdoe", known.into_iter()), Some("postcode"));
        assert_eq!(nearest("weight", known.into_iter()), None);
        assert_eq!(distance("", "ab"), 2);
    }
}
