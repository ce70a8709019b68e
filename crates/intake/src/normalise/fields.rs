//! The columns and sheets that the readers know: a layout file that names another one, or leaves one out, is refused.

use serde::Deserialize;
use serde::de::DeserializeOwned;

/// A column of one layout.
pub(super) trait Field: Copy + Ord + DeserializeOwned + std::fmt::Debug + 'static {
    /// Every column of the layout.
    const ALL: &'static [Self];
    /// The file of `layouts/columns/`.
    const FILE: &'static str;

    /// Place in [`Self::ALL`].
    fn index(self) -> usize;

    /// Whether a text of this column may run over several lines (addresses typed with line breaks).
    fn may_break(self) -> bool;

    /// Whether it is a birth date, which no message shows.
    fn is_birth(self) -> bool;

    /// Whether it holds days.
    fn is_day(self) -> bool;

    /// The romaji name of the standard's layouts, by which a register keeps it; empty for what is kept once for a whole feed.
    fn romaji(self) -> &'static str;
}

macro_rules! fields {
    ($(#[$about:meta])* $name:ident of $file:literal, births [$($birth:ident)*], days [$($day:ident)*], several lines [$($broken:ident)*] { $($(#[$doc:meta])* $field:ident $romaji:literal,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub(super) enum $name {
            $($(#[$doc])* $field,)*
        }

        impl Field for $name {
            const ALL: &'static [Self] = &[$(Self::$field,)*];
            const FILE: &'static str = $file;

            fn index(self) -> usize {
                self as usize
            }

            fn may_break(self) -> bool {
                [$(Self::$broken),*].contains(&self)
            }

            fn is_birth(self) -> bool {
                [$(Self::$birth),*].contains(&self)
            }

            fn is_day(self) -> bool {
                [$(Self::$day),*].contains(&self)
            }

            fn romaji(self) -> &'static str {
                match self { $(Self::$field => $romaji,)* }
            }
        }
    };
}

fields! {
    /// 住民.
    ResidentField of "residents.toml", births [Birth BirthText], days [Birth Since Changed Removed Leaving Died Snapshot], several lines [Address Block Building Name Kana Alias BirthText] {
        /// 予防接種番号
        Number "yobosesshubango",
        /// 宛名番号
        Addressee "atenabango",
        /// 名寄せ先宛名番号
        MergedInto "nayosesakiatenabango",
        /// 世帯番号
        Household "setaibango",
        /// 保護者_宛名番号
        Guardian "hogosha_atenabango",
        /// 履歴番号
        HistoryNumber "rirekibango",
        /// 氏名
        Name "shimei",
        /// フリガナ
        Kana "shimei_furigana",
        /// 通称
        Alias "tsusho",
        /// 生年月日
        Birth "seinengappi",
        /// 生年月日_不詳フラグ
        BirthUncertain "seinengappi_fushofuragu",
        /// 生年月日_不詳表記
        BirthText "seinengappi_fushohyoki",
        /// 性別
        Sex "seibetsu",
        /// 郵便番号
        Postal "jusho_yubinbango",
        /// 住所
        Address "jusho",
        /// 都道府県
        Prefecture "jusho_todofuken",
        /// 市区郡町村名
        City "jusho_shikugunchosonmei",
        /// 町字
        Town "jusho_choaza",
        /// 番地号表記
        Block "jusho_banchigohyoki",
        /// 方書
        Building "jusho_katagaki",
        /// 区
        Ward "ku",
        /// 住民となった日
        Since "juminninattahi",
        /// 異動日
        Changed "idobi",
        /// 異動事由
        Reason "idojiyu",
        /// 消除日
        Removed "shojobi",
        /// 転出予定日
        Leaving "tenshutsuyoteibi",
        /// 死亡日
        Died "shibobi",
        /// 抽出日
        Snapshot "",
    }
}

fields! {
    /// 予防接種台帳: the 32 items of 別添1, and 宛名番号 where the file has it.
    LedgerField of "ledger.toml", births [Birth], days [Birth Given Expiry Registered Noticed Processed], several lines [Address ClinicName DoctorName Name Kana] {
        /// 予防接種番号
        Number "yobosesshubango",
        /// 生年月日
        Birth "seinengappi",
        /// 年齢
        Age "nenrei",
        /// 予防接種コード
        Code "yoboshesshucd",
        /// 略称
        Short "ryakusho",
        /// 接種回数
        RequiredDoses "sesshukaisu",
        /// 回数
        Running "kaisu",
        /// 実施日
        Given "jisshibi",
        /// 結果
        Result "kekka",
        /// 結果名称
        ResultName "kekka_meisho",
        /// 医療機関コード
        Clinic "iryokikancd",
        /// 名称_漢字
        ClinicName "meisho_kanji",
        /// 医師コード
        Doctor "ishicd",
        /// 医師名_漢字
        DoctorName "ishimei_kanji",
        /// ワクチンコード
        Vaccine "vaccinecd",
        /// ワクチン略称
        VaccineName "vaccine_ryakusho",
        /// ロットナンバー
        Lot "lotno",
        /// ワクチン有効期限
        Expiry "yukokigen",
        /// 接種量コード
        VolumeCode "sesshuryocd",
        /// 接種量
        Volume "sesshuryo",
        /// 登録日
        Registered "torokubi",
        /// 消除フラグ
        Struck "shojofuragu",
        /// 氏名_漢字
        Name "shimei_kanji",
        /// 氏名_カナ
        Kana "shimei_kana",
        /// 性別
        Sex "seibetsu",
        /// 通知日
        Noticed "tsuchibi",
        /// 郵便番号
        Postal "yubinbango",
        /// 住所
        Address "jusho",
        /// 種類
        Kind "shurui",
        /// 種類名称
        KindName "shurui_meisho",
        /// 発行no
        Issue "hakkono",
        /// 処理日
        Processed "shoribi",
        /// 宛名番号
        Addressee "atenabango",
    }
}

fields! {
    /// The mark sheets, all of one layout.
    MarkField of "marks.toml", births [], days [From Until Edd], several lines [Address Building AddresseeName Reason] {
        /// 予防接種番号
        Number "yobosesshubango",
        /// 宛名番号
        Addressee "atenabango",
        /// 開始日
        From "kaishi",
        /// 終了日
        Until "shuryo",
        /// 理由
        Reason "riyu",
        /// 区分
        Class "kubun",
        /// 送付先郵便番号
        Postal "sofusaki_yubinbango",
        /// 送付先住所
        Address "sofusaki_jusho",
        /// 送付先方書
        Building "sofusaki_katagaki",
        /// 送付先氏名
        AddresseeName "sofusaki_shimei",
        /// 所有者
        Owner "shoyusha",
        /// 疾病
        Disease "shippei",
        /// 系列
        Series "keiretsu",
        /// 出産予定日
        Edd "shussanyoteibi",
        /// 確認: why a row of nobody may stay, with a date
        Confirmed "kakunin",
        /// 名寄せ先予防接種番号
        IntoNumber "nayosesakiyobosesshubango",
        /// 名寄せ先宛名番号
        IntoAddressee "nayosesakiatenabango",
    }
}
