//! The known word that somebody may have meant.

/// Characters to put in, take out, exchange, or swap with their neighbour.
#[must_use]
pub fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![(0..=b.len()).collect::<Vec<usize>>()];
    for i in 1..=a.len() {
        let mut row = vec![i];
        for j in 1..=b.len() {
            let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut least = change.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                least = least.min(rows[i - 2][j - 2] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
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
        assert_eq!((distance("", "ab"), distance("way", "wya"), distance("kitten", "sitting")), (2, 1, 3));
    }
}
