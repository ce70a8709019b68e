//! 合言葉: from a file or from the terminal without echo, never from an argument; wiped from memory after use.

use kansho_core::diag::Failure;
use std::io::{IsTerminal, Read};
use std::path::Path;
use zeroize::Zeroizing;

/// Fewest and most characters; 7-Zip takes no more than 99.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=99;

/// The passphrase of a package that is made.
///
/// # Errors
/// [`Failure::Declined`] when it breaks a rule, [`Failure::Usage`] when there is neither file nor terminal.
pub(super) fn fresh(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let passphrase = asked(file, "受渡ファイルの合言葉: ")?;
    check(&passphrase)?;
    if file.is_none() && *asked(None, "もう一度: ")? != *passphrase {
        return Err(Failure::Declined("二度の合言葉が違います。もう一度実行してください".to_owned()));
    }
    Ok(passphrase)
}

/// The passphrase of a package that is opened.
///
/// # Errors
/// As [`fresh`], but for its length.
pub(super) fn known(file: Option<&Path>) -> Result<Zeroizing<String>, Failure> {
    let passphrase = asked(file, "受渡ファイルの合言葉: ")?;
    if passphrase.is_empty() {
        return Err(Failure::Declined("合言葉が空です".to_owned()));
    }
    Ok(passphrase)
}

/// The passphrase of an operator, as it is; its rules are the register's.
///
/// # Errors
/// As [`fresh`].
pub(super) fn of_operator(file: Option<&Path>) -> Result<Option<Zeroizing<String>>, Failure> {
    file.map(from_file).transpose()
}

fn asked(file: Option<&Path>, prompt: &str) -> Result<Zeroizing<String>, Failure> {
    if let Some(path) = file {
        return from_file(path);
    }
    if !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(
            "端末がないため合言葉を聞けません。--pack-passphrase-file で合言葉のファイルを指定してください".to_owned(),
        ));
    }
    rpassword::prompt_password(prompt).map(Zeroizing::new).map_err(|e| Failure::io("合言葉を読めません", Path::new("端末"), e))
}

fn from_file(path: &Path) -> Result<Zeroizing<String>, Failure> {
    const MOST: u64 = 4096;
    let failed = |e| Failure::io("合言葉のファイルを読めません", path, e);
    let mut bytes = Zeroizing::new(Vec::with_capacity(4096));
    std::fs::File::open(path).map_err(failed)?.take(MOST).read_to_end(&mut bytes).map_err(failed)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| declined(path, "文字コードがUTF-8ではありません"))?;
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let line = text.strip_suffix('\n').unwrap_or(text);
    let line = line.strip_suffix('\r').unwrap_or(line);
    if line.contains(['\n', '\r']) {
        return Err(declined(path, "二行以上あります。合言葉だけを一行で書いてください"));
    }
    Ok(Zeroizing::new(line.to_owned()))
}

fn declined(path: &Path, why: &str) -> Failure {
    Failure::Declined(format!("合言葉のファイル {}: {why}", path.display()))
}

/// The rules of a new passphrase. The message never repeats it.
fn check(passphrase: &str) -> Result<(), Failure> {
    let length = passphrase.chars().count();
    if length == 0 {
        return Err(Failure::Declined("合言葉が空です".to_owned()));
    }
    // Other programs encode other characters each in their own way: what one side types the other could not open.
    if !passphrase.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Err(Failure::Declined(
            "合言葉に使えるのは、半角の英数字・記号・空白だけです（ほかの文字は、受け取る側のソフトで開けないことがあります）"
                .to_owned(),
        ));
    }
    if !LENGTH.contains(&length) {
        return Err(Failure::Declined(format!(
            "合言葉は {} 文字以上 {} 文字以下にしてください（いまは {length} 文字）",
            LENGTH.start(),
            LENGTH.end()
        )));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_long_and_unusual_passphrases_are_refused() {
        assert!(check("correct horse battery").is_ok());
        for bad in ["", "elevenchars", "あいことばあいことばあいこ", "ｆｕｌｌｗｉｄｔｈｐａｓｓ", &"x".repeat(100)]
        {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
