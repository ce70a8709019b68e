//! 住所表示番号の抜き出し: 住所B → the characters of the customer barcode (郵便番号・バーコードマニュアル p19; postal.md a.3).

use kansho_chars::matching::half_width_kana;
use kansho_chars::radical::unified;
use kansho_chars::unit::{is_invisible, is_selector};

/// Words that make the kanji numeral directly before them a number (supplementary rule 1), longest first.
const COUNTERS: &[&str] = &["丁目", "番地", "地割", "丁", "番", "号", "線", "の", "ノ"];

/// 住所B as it is printed → digits, hyphens and letters in upper case, before padding and truncation.
///
/// ```
/// # use kansho_post::extract;
/// assert_eq!(extract("東3丁目-20-5 郵便・A&bコーポB604号"), "3-20-5B604");
/// ```
#[must_use]
pub fn extract(block: &str) -> String {
    without_hyphens_beside_letters(&basic(&numerals(&prepared(block))))
}

/// Width, then basic rules 1 and 2: upper case; `&` `/` `・` `.` removed and closed up. Characters without a shape go too.
fn prepared(block: &str) -> Vec<char> {
    let narrow = |c: char| match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{FF61}'..='\u{FF9D}' => half_width_kana(c),
        other => unified(other),
    };
    block
        .chars()
        .map(|c| narrow(c).to_ascii_uppercase())
        .filter(|c| !matches!(c, '&' | '/' | '・' | '.') && !is_invisible(*c) && !is_selector(*c))
        .collect()
}

/// Supplementary rule 1: a kanji numeral directly before a counter becomes arabic digits. A house number that it follows without
/// a counter of its own (10-13八丁堀…) ends there: a hyphen keeps the two apart (the manual is silent).
fn numerals(text: &[char]) -> Vec<char> {
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|r| !r.is_empty()) {
        let length = rest.iter().take_while(|c| is_kanji_numeral(**c)).count();
        let (numeral, behind) = rest.split_at(length);
        let counted =
            length > 0 && COUNTERS.iter().any(|word| word.chars().eq(behind.iter().take(word.chars().count()).copied()));
        match kanji_number(numeral).filter(|_| counted) {
            Some(digits) => {
                if out.last().is_some_and(char::is_ascii_digit) {
                    out.push('-');
                }
                out.extend(digits.chars());
            }
            None => out.extend(rest.iter().take(length.max(1))),
        }
        at += length.max(1);
    }
    out
}

/// 〇一二三四五六七八九十百千; formal and rare numerals (壱, 廿) are not numerals.
#[must_use]
pub const fn is_kanji_numeral(c: char) -> bool {
    kanji_digit(c).is_some() || matches!(c, '十' | '百' | '千')
}

/// ①, Ⅳ, ㈠, ², ❸ …: a number to the eye and none to the rules. In a house number nobody can say what the sorting machine would
/// make of it.
#[must_use]
pub const fn is_odd_numeral(c: char) -> bool {
    matches!(
        c,
        '\u{00B2}' | '\u{00B3}' | '\u{00B9}' | '\u{00BC}'..='\u{00BE}'
            | '\u{2070}'..='\u{2079}' | '\u{2080}'..='\u{2089}'
            | '\u{2150}'..='\u{218B}'
            | '\u{2460}'..='\u{249B}' | '\u{24EA}'..='\u{24FF}'
            | '\u{2776}'..='\u{2793}'
            | '\u{3021}'..='\u{3029}' | '\u{3038}'..='\u{303A}'
            | '\u{3192}'..='\u{3195}'
            | '\u{3220}'..='\u{3229}' | '\u{3248}'..='\u{324F}' | '\u{3251}'..='\u{325F}'
            | '\u{3280}'..='\u{3289}' | '\u{32B1}'..='\u{32BF}'
            | '\u{1F100}'..='\u{1F10C}' | '\u{1D7CE}'..='\u{1D7FF}'
    )
}

const fn kanji_digit(c: char) -> Option<u64> {
    Some(match c {
        '〇' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        _ => return None,
    })
}

/// 十一 → `11`, 一〇五 → `105` (digit by digit), 千二百 → `1200`. `None` for an empty or absurdly long numeral.
#[must_use]
pub fn kanji_number(numeral: &[char]) -> Option<String> {
    if numeral.is_empty() || numeral.len() > 12 {
        return None;
    }
    if let Some(digits) = numeral.iter().map(|c| kanji_digit(*c)).collect::<Option<Vec<u64>>>() {
        return Some(digits.iter().map(u64::to_string).collect());
    }
    let (mut total, mut waiting) = (0_u64, None::<u64>);
    for c in numeral {
        let place = match c {
            '十' => 10,
            '百' => 100,
            '千' => 1000,
            other => {
                let digit = kanji_digit(*other)?;
                waiting = Some(waiting.unwrap_or(0).checked_mul(10)?.checked_add(digit)?);
                continue;
            }
        };
        total = total.checked_add(waiting.take().unwrap_or(1).checked_mul(place)?)?;
    }
    total.checked_add(waiting.unwrap_or(0)).map(|n| n.to_string())
}

/// Basic rules 3–6 and supplementary rules 2 and 3: digits and lone letters are taken; whatever else stands before a taken
/// character becomes one hyphen; none leads, none trails.
fn basic(text: &[char]) -> String {
    let mut out = String::new();
    let mut gap = false;
    for (at, c) in text.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|i| text.get(i)).copied();
        let behind = text.get(at + 1).copied();
        let lone = c.is_ascii_uppercase() && ![before, behind].into_iter().flatten().any(|n| n.is_ascii_alphabetic());
        let floor = *c == 'F' && before.is_some_and(|b| b.is_ascii_digit());
        if c.is_ascii_digit() || (lone && !floor) {
            if gap && !out.is_empty() {
                out.push('-');
            }
            out.push(*c);
            gap = false;
        } else {
            gap = true;
        }
    }
    out
}

/// Supplementary rules 4 and 5.
fn without_hyphens_beside_letters(text: &str) -> String {
    let all: Vec<char> = text.chars().collect();
    let letter = |at: Option<usize>| at.and_then(|i| all.get(i)).is_some_and(char::is_ascii_alphabetic);
    all.iter()
        .enumerate()
        .filter(|(at, c)| **c != '-' || !(letter(at.checked_sub(1)) || letter(Some(at + 1))))
        .map(|(_, c)| *c)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 住所B, what is extracted, and the rule of postal.md a.3 that says so.
    const RULES: &[(&str, &str, &str)] = &[
        ("1丁目3番2号 郵便プラザ503室", "1-3-2-503", "official"),
        ("東3丁目-20-5 郵便・A&bコーポB604号", "3-20-5B604", "official"),
        ("3丁目30-8 郵便ビル403号", "3-30-8-403", "official"),
        ("十一丁目六番地一号 郵便タワー601", "11-6-1-601", "official"),
        ("四丁六番十九号", "4-6-19", "official"),
        ("6丁目7-14 ABCビル2F", "6-7-14-2", "official"),
        ("9丁目7-6 郵便シティA棟1F1号", "9-7-6A1-1", "official"),
        ("29丁目1524-23 第2郵便ハウス501", "29-1524-23-2-501", "official"),
        ("3丁目80-25 J1ビル2-B", "3-80-25J1-2B", "official"),
        ("1-2 a棟", "1-2A", "basic 1: upper case"),
        ("A&Bビル1", "1", "basic 2 before the run test"),
        ("1/2", "12", "basic 2: closed up"),
        ("1・2.3", "123", "basic 2: closed up"),
        ("1･2", "12", "half-width middle dot"),
        ("1--2", "1-2", "basic 5"),
        ("-1-2", "1-2", "basic 6"),
        ("1-2-", "1-2", "nothing is left behind the last character"),
        ("1-2 メゾン", "1-2", "nothing is left behind the last character"),
        ("第二ビル三番館", "3", "supplement 1 knows no meaning"),
        ("五階", "", "階 is not a counter"),
        ("5階", "5", "階 is not a counter"),
        ("番地なし", "", "nothing to extract"),
        ("", "", "nothing to extract"),
        ("１−２ー３‐４―５－６", "1-2-3-4-5-6", "hyphen look-alikes"),
        ("Ⅴ棟①", "", "no NFKC"),
        ("１Ａ", "1A", "full-width letters"),
        ("一〇五番", "105", "positional numeral"),
        ("二三番地", "23", "positional numeral"),
        ("百二番", "102", "百"),
        ("千二百五号", "1205", "千"),
        ("二十番", "20", "十"),
        ("四番地の二", "4", "二 has no counter behind it"),
        ("四の二番", "4-2", "の"),
        ("一ノ瀬", "1", "ノ"),
        ("十地割二十三", "10", "地割"),
        ("西六線", "6", "線"),
        ("壱番弐号廿番", "", "formal and rare numerals"),
        ("2-F", "2F", "F apart from its digit"),
        ("3階F室", "3F", "F apart from its digit"),
        ("2F", "2", "supplement 2"),
        ("2F3号", "2-3", "supplement 3"),
        ("2FA", "2", "FA is a run"),
        ("B1F", "B1", "supplement 2"),
        ("A-B", "AB", "supplement 5"),
        ("1-A-2", "1A2", "supplement 4"),
        ("1 2", "1-2", "blank"),
        ("1、2（3）#4~5", "1-2-3-4-5", "other text"),
        ("ﾒｿﾞﾝ1", "1", "half-width katakana"),
        ("条1", "1", "条 is not a counter"),
        ("北六条", "", "条 is not a counter"),
        ("1\u{200B}2", "12", "a character without a shape separates nothing here: who asks for a symbol is refused before"),
        ("12十番丁ビル3F", "12-10-3", "a house number meets a kanji numeral"),
        ("10-13八丁堀", "10-13-8", "a house number meets a kanji numeral"),
        ("６ー１一番町平和ビル", "6-1-1", "a house number meets a kanji numeral"),
        ("⼀丁目⼗番", "1-10", "radicals are read as their kanji"),
        ("1\u{2011}2\u{2012}3\u{2043}4\u{FE63}5", "1-2-3-4-5", "hyphens of other kinds"),
    ];

    #[test]
    fn the_official_order_of_the_rules_and_the_readings_of_the_manual() {
        for (block, expected, rule) in RULES {
            assert_eq!(extract(block), *expected, "{block} ({rule})");
        }
    }
}
