//! 設定: everything that an office can set, loaded once, with all that is wrong in it told at once and one hash over all of it.

use crate::desk::book::{self, Proved};
use crate::desk::shop::Shop;
use crate::notice::{Office, Stationery};
use kansho_chars::Variants;
use kansho_chars::gaiji::GAIJI;
use kansho_core::diag::{Failure, Wrong};
use kansho_core::folder::Folder;
use kansho_core::hash;
use kansho_intake::normalise::Tables;
use kansho_paper::font::Fonts;
use kansho_post::data::POSTAL;
use kansho_post::sorting::{self, Discount};
use kansho_post::{Districts, PostalData, Spelling};
use kansho_rules::RuleBook;
use kansho_rules::decide::programme::Programmes;
use kansho_rules::validity::Validity;
use std::sync::Arc;

/// The settings of an office.
#[derive(Debug)]
pub struct Settings {
    /// Where they come from.
    pub folder: Folder,
    /// The rule book.
    pub book: RuleBook,
    /// The programmes, in order.
    pub programmes: Programmes,
    /// Columns, words and codes of the files that come in.
    pub tables: Arc<Tables>,
    /// `municipality.toml`.
    pub office: Office,
    /// The fonts.
    pub fonts: Arc<Fonts>,
    /// Templates, papers and label stock.
    pub stationery: Arc<Stationery>,
    /// Layout and character tables of the postal CSV.
    pub shop: Shop,
    /// The postal data, where the office has them.
    pub postal: Option<PostalData>,
    /// The office's list of 郵便区番号.
    pub districts: Districts,
    /// 割引, of every day.
    pub discounts: Vec<Discount>,
    /// Hash of rules, programmes and codes.
    pub rules_sha256: String,
    /// Hash of every file of the settings, by name: whatever differs in one gives another run.
    pub sha256: String,
}

impl Settings {
    /// Loads the settings of a folder.
    ///
    /// # Errors
    /// A [`Failure`] with everything that is wrong in any file.
    pub fn load(folder: &Folder) -> Result<Arc<Self>, Failure> {
        let mut wrong = Wrong::default();
        let proved = wrong.keep(book::load(folder));
        let office = wrong.keep(Office::load(folder));
        let fonts = wrong.keep(Fonts::load(&folder.place("fonts")));
        let folder = &office.as_ref().map_or_else(|| folder.clone(), |office| with_postal_data(folder, office));
        let stationery = office.as_ref().and_then(|office| wrong.keep(Stationery::load(folder, office)));
        let shop = office.as_ref().and_then(|office| wrong.keep(Shop::load(folder, &office.postal.layout)));
        let postal = wrong.keep(postal_data(folder));
        let list = office.as_ref().map_or("", |office| office.postal.districts.as_str());
        let districts = wrong.keep(if list.is_empty() { Ok(Districts::default()) } else { Districts::load(folder, list) });
        let discounts = wrong.keep(sorting::discounts(folder));
        let hashes = office.as_ref().and_then(|office| wrong.keep(hashes(folder, office)));
        match (proved, office, fonts, stationery, shop, postal, districts, discounts, hashes) {
            (
                Some(Proved { book, programmes, tables, .. }),
                Some(office),
                Some(fonts),
                Some(stationery),
                Some(shop),
                Some(postal),
                Some(districts),
                Some(discounts),
                Some((rules_sha256, sha256)),
            ) => Ok(Arc::new(Self {
                folder: folder.clone(),
                book,
                programmes,
                tables,
                office,
                fonts: Arc::new(fonts),
                stationery: Arc::new(stationery),
                shop,
                postal,
                districts,
                discounts,
                rules_sha256,
                sha256,
            })),
            (..) => Err(wrong.failure()),
        }
    }

    /// The rule book that answers: version, days and hash.
    #[must_use]
    pub fn rule_book(&self) -> String {
        let Validity { version, valid_from, valid_to, .. } = self.book.validity();
        let named = if version.is_empty() { "（版の記載なし）" } else { version };
        format!("{named}（基準日 {valid_from} から {valid_to} まで、照合値 {}）", self.rules_sha256)
    }
}

/// The folder with the postal data in it: those the user named, else those of the office's setting.
#[must_use]
pub fn with_postal_data(folder: &Folder, office: &Office) -> Folder {
    let data = &office.postal.data;
    if folder.is_elsewhere(POSTAL) || data.is_empty() { folder.clone() } else { folder.with(POSTAL, &folder.place(data)) }
}

/// The postal data of a folder that has them.
///
/// # Errors
/// As [`PostalData::load`].
pub fn postal_data(folder: &Folder) -> Result<Option<PostalData>, Failure> {
    if !folder.is_elsewhere(POSTAL) {
        return Ok(None);
    }
    PostalData::load(folder, Spelling::load(folder, &Variants::load(folder)?)?).map(Some)
}

/// The hash of rules, programmes and codes, and that of everything.
fn hashes(folder: &Folder, office: &Office) -> Result<(String, String), Failure> {
    let digest = |lines: &[String]| hash::sha256_hex(lines.join("\n").as_bytes());
    let mut rules = Vec::new();
    for place in ["rules", "rules/programmes"] {
        for name in folder.files("規則集を読めません", place, "toml")? {
            folder.hashes(&name, &mut rules)?;
        }
    }
    rules.iter_mut().for_each(|line| *line = line.strip_prefix("rules/").unwrap_or(line).to_owned());
    rules.sort();
    let mut all = Vec::new();
    for name in ["rules", "templates", "layouts", "fonts", "municipality.toml", &office.postal.layout] {
        folder.hashes(name, &mut all)?;
    }
    for name in [GAIJI, POSTAL, office.postal.districts.as_str()] {
        if !name.is_empty() && folder.place(name).exists() {
            folder.hashes(name, &mut all)?;
        }
    }
    Ok((digest(&rules), digest(&all)))
}
