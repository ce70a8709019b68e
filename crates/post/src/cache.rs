//! 郵便番号データの写し `.kansho-postal-cache`: what was parsed, beside the files it was parsed from.
//!
//! Never needed and never trusted: it is used only while the hashes of the source files, of itself and of the code that made it
//! are the same. A folder that cannot be written, a damaged or an old copy only cost the time of parsing again.

use crate::data::{Office, PostalData, Town};
use kansho_core::address::PostalCode;
use kansho_core::hash::{hex, sha256_hex};
use kansho_core::unfinished::Unfinished;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;

/// Name of the file.
const NAME: &str = ".kansho-postal-cache";
/// Smaller files are parsed faster than they are worth a copy.
const WORTH: usize = 256 * 1024;
/// The code that makes keys and rows: with other code the copy is another one.
const MAKERS: [&str; 5] = [
    include_str!("cache.rs"),
    include_str!("data.rs"),
    include_str!("spelling.rs"),
    include_str!("../../chars/src/matching.rs"),
    include_str!("../../../layouts/characters/radicals.tsv"),
];

/// What a copy must be made from; `None` when the files are too small to be copied.
pub(super) fn key(towns: &[u8], offices: Option<&[u8]>, spelling: &str) -> Option<String> {
    if towns.len() < WORTH {
        return None;
    }
    let mut digest = Sha256::new();
    for maker in MAKERS {
        digest.update(Sha256::digest(maker.as_bytes()));
    }
    digest.update(spelling);
    digest.update(Sha256::digest(towns));
    if let Some(offices) = offices {
        digest.update(Sha256::digest(offices));
    }
    Some(hex(&digest.finalize()))
}

/// The copy of a folder, if it is whole and was made from these very files.
pub(super) fn read(folder: &Path, key: &str) -> Option<PostalData> {
    let bytes = std::fs::read(folder.join(NAME)).ok()?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let (head, body) = text.split_once('\n')?;
    let (made_from, holds) = head.split_once(' ')?;
    if made_from != key || holds != sha256_hex(body.as_bytes()) {
        return None;
    }
    let mut data = PostalData::default();
    for line in body.lines() {
        match line.split_once('\t')? {
            ("T", rest) => data.insert_town(town(rest)?),
            ("O", rest) => data.insert_office(office(rest)?),
            _ => return None,
        }
    }
    Some(data)
}

/// Leaves a copy, if the folder takes one. The rename makes it whole or absent, whoever else writes.
pub(super) fn write(folder: &Path, key: &str, data: &PostalData) {
    let body = body(data);
    let Ok(unfinished) = Unfinished::begin(folder) else { return };
    let (copy, head) = (unfinished.path().join(NAME), format!("{key} {}\n", sha256_hex(body.as_bytes())));
    let written = File::create_new(&copy).and_then(|mut file| file.write_all((head + &body).as_bytes()));
    if written.is_ok() {
        // No copy is as good as a copy: the data have been read.
        let _ = unfinished.finish(|| std::fs::rename(&copy, folder.join(NAME)));
    }
}

fn body(data: &PostalData) -> String {
    let mut body = String::new();
    for t in data.all() {
        let flags = u8::from(t.representative) + 2 * u8::from(t.abolished);
        let cells = [&t.old_code, &t.prefecture, &t.city, &t.town, &t.note, &t.prefecture_key, &t.city_key].map(String::as_str);
        let _ = writeln!(body, "T\t{}\t{flags}\t{}\t{}", t.code.digits(), cells.join("\t"), t.town_keys.join("\u{1f}"));
    }
    for o in data.offices() {
        let flags = u8::from(o.po_box) + 2 * u8::from(o.abolished);
        let _ = writeln!(body, "O\t{}\t{flags}", o.code.digits());
    }
    body
}

fn town(line: &str) -> Option<Town> {
    let mut cells = line.split('\t');
    let code = PostalCode::new(cells.next()?)?;
    let flags: u8 = cells.next()?.parse().ok()?;
    let mut next = || cells.next().map(str::to_owned);
    let (old_code, prefecture, city, name, note, prefecture_key, city_key) =
        (next()?, next()?, next()?, next()?, next()?, next()?, next()?);
    let keys = next()?;
    let town_keys = if keys.is_empty() { Vec::new() } else { keys.split('\u{1f}').map(str::to_owned).collect() };
    let (representative, abolished) = (flags & 1 == 1, flags & 2 == 2);
    let town = Town {
        code,
        old_code,
        prefecture,
        city,
        town: name,
        note,
        representative,
        abolished,
        city_key,
        prefecture_key,
        town_keys,
    };
    cells.next().is_none().then_some(town)
}

fn office(line: &str) -> Option<Office> {
    let (code, flags) = line.split_once('\t')?;
    let flags: u8 = flags.parse().ok()?;
    Some(Office { code: PostalCode::new(code)?, po_box: flags & 1 == 1, abolished: flags & 2 == 2 })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::POSTAL;
    use kansho_core::diag::Failure;
    use kansho_core::folder::Folder;

    fn loaded(place: &Path) -> Result<PostalData, Failure> {
        PostalData::load(&Folder::at(place).with(POSTAL, place), Spelling::default())
    }
    use crate::spelling::Spelling;

    /// A folder with enough rows for a copy.
    fn folder(town: &str) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let row =
            |n: u32| format!("12101,260  ,{n:07},チバケン,チバシ,,千葉県,千葉市中央区,{town}{n}（１〜３丁目）,0,0,1,0,0,0\r\n");
        let text: String = (2_600_000..2_603_000).map(row).collect();
        put(&place.path().join("utf_ken_all.csv"), text.as_bytes());
        let office = "12101,カナ,名,千葉県,千葉市中央区,市場町,1,2608667,260  ,千葉中央,0,0,0\r\n";
        put(&place.path().join("JIGYOSYO.CSV"), office.as_bytes());
        place
    }

    fn put(path: &Path, bytes: &[u8]) {
        File::create(path).unwrap().write_all(bytes).unwrap();
    }

    fn same(one: &PostalData, other: &PostalData) -> bool {
        one.all() == other.all() && one.offices().eq(other.offices()) && body(one) == body(other)
    }

    #[test]
    fn a_copy_holds_what_was_parsed_and_is_used() {
        let place = folder("町");
        let parsed = loaded(place.path()).unwrap();
        let copy = place.path().join(NAME);
        let text = std::fs::read_to_string(&copy).unwrap();
        assert!(same(&parsed, &loaded(place.path()).unwrap()));
        // A copy with another town, sealed correctly, is what is read: so the copy is really used.
        let (head, rest) = text.split_once('\n').unwrap();
        let other = rest.replacen("町2600000", "村2600000", 1);
        let head = format!("{} {}", head.split_once(' ').unwrap().0, sha256_hex(other.as_bytes()));
        put(&copy, format!("{head}\n{other}").as_bytes());
        assert_eq!(loaded(place.path()).unwrap().all()[0].town, "村2600000");
    }

    #[test]
    fn a_damaged_an_old_and_a_missing_copy_are_made_again_without_a_word() {
        let place = folder("町");
        let parsed = loaded(place.path()).unwrap();
        let copy = place.path().join(NAME);
        let whole = std::fs::read(&copy).unwrap();
        let mut flipped = whole.clone();
        flipped[400] ^= 1;
        for damaged in [b"".to_vec(), b"x".to_vec(), whole[..whole.len() / 2].to_vec(), flipped, vec![0xFF; 100]] {
            put(&copy, &damaged);
            assert!(same(&parsed, &loaded(place.path()).unwrap()));
            assert_eq!(std::fs::read(&copy).unwrap(), whole);
        }
        // Other data: the copy follows.
        let csv = place.path().join("utf_ken_all.csv");
        let newer = std::fs::read_to_string(&csv).unwrap().replace('町', "村");
        put(&csv, newer.as_bytes());
        assert_eq!(loaded(place.path()).unwrap().all()[0].town, "村2600000");
        assert_ne!(std::fs::read(&copy).unwrap(), whole);
    }

    #[test]
    fn a_place_that_takes_no_copy_does_no_harm() {
        // A folder stands in the copy's place, so that the rename fails for root too.
        let place = folder("町");
        std::fs::create_dir(place.path().join(NAME)).unwrap();
        std::fs::create_dir(place.path().join(NAME).join("x")).unwrap();
        assert_eq!(loaded(place.path()).unwrap().size(), (3000, 1));
        let left = std::fs::read_dir(place.path()).unwrap().count();
        assert_eq!(left, 3, "no temporary file is left");
        // Small data are not copied.
        let samples = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).join("samples/postal");
        loaded(&samples).unwrap();
        assert!(!samples.join(NAME).exists());
    }
}
