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
}

macro_rules! fields {
    ($(#[$about:meta])* $name:ident of $file:literal, births [$($birth:ident)*], several lines [$($broken:ident)*] { $($(#[$doc:meta])* $field:ident,)* }) => {
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
        }
    };
}

fields! {
    /// 住民.
    ResidentField of "residents.toml", births [Birth BirthText], several lines [Address Block Building Name Kana Alias BirthText] {
        /// 予防接種番号
        Number,
        /// 宛名番号
        Addressee,
        /// 名寄せ先宛名番号
        MergedInto,
        /// 世帯番号
        Household,
        /// 保護者_宛名番号
        Guardian,
        /// 履歴番号
        HistoryNumber,
        /// 氏名
        Name,
        /// フリガナ
        Kana,
        /// 通称
        Alias,
        /// 生年月日
        Birth,
        /// 生年月日_不詳フラグ
        BirthUncertain,
        /// 生年月日_不詳表記
        BirthText,
        /// 性別
        Sex,
        /// 郵便番号
        Postal,
        /// 住所
        Address,
        /// 都道府県
        Prefecture,
        /// 市区郡町村名
        City,
        /// 町字
        Town,
        /// 番地号表記
        Block,
        /// 方書
        Building,
        /// 区
        Ward,
        /// 住民となった日
        Since,
        /// 異動日
        Changed,
        /// 異動事由
        Reason,
        /// 消除日
        Removed,
        /// 転出予定日
        Leaving,
        /// 死亡日
        Died,
        /// 抽出日
        Snapshot,
    }
}

fields! {
    /// 予防接種台帳: the 32 items of 別添1, and 宛名番号 where the file has it.
    LedgerField of "ledger.toml", births [Birth], several lines [Address ClinicName DoctorName Name Kana] {
        /// 予防接種番号
        Number,
        /// 生年月日
        Birth,
        /// 年齢
        Age,
        /// 予防接種コード
        Code,
        /// 略称
        Short,
        /// 接種回数
        RequiredDoses,
        /// 回数
        Running,
        /// 実施日
        Given,
        /// 結果
        Result,
        /// 結果名称
        ResultName,
        /// 医療機関コード
        Clinic,
        /// 名称_漢字
        ClinicName,
        /// 医師コード
        Doctor,
        /// 医師名_漢字
        DoctorName,
        /// ワクチンコード
        Vaccine,
        /// ワクチン略称
        VaccineName,
        /// ロットナンバー
        Lot,
        /// ワクチン有効期限
        Expiry,
        /// 接種量コード
        VolumeCode,
        /// 接種量
        Volume,
        /// 登録日
        Registered,
        /// 消除フラグ
        Struck,
        /// 氏名_漢字
        Name,
        /// 氏名_カナ
        Kana,
        /// 性別
        Sex,
        /// 通知日
        Noticed,
        /// 郵便番号
        Postal,
        /// 住所
        Address,
        /// 種類
        Kind,
        /// 種類名称
        KindName,
        /// 発行no
        Issue,
        /// 処理日
        Processed,
        /// 宛名番号
        Addressee,
    }
}

fields! {
    /// The mark sheets, all of one layout.
    MarkField of "marks.toml", births [], several lines [Address Building AddresseeName Reason] {
        /// 予防接種番号
        Number,
        /// 宛名番号
        Addressee,
        /// 開始日
        From,
        /// 終了日
        Until,
        /// 理由
        Reason,
        /// 区分
        Class,
        /// 送付先郵便番号
        Postal,
        /// 送付先住所
        Address,
        /// 送付先方書
        Building,
        /// 送付先氏名
        AddresseeName,
        /// 所有者
        Owner,
        /// 疾病
        Disease,
        /// 系列
        Series,
        /// 出産予定日
        Edd,
        /// 確認: why a row of nobody may stay, with a date
        Confirmed,
        /// 名寄せ先予防接種番号
        IntoNumber,
        /// 名寄せ先宛名番号
        IntoAddressee,
    }
}
