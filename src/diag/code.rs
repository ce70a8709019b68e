//! The one table of diagnostic codes: id, severity, title, remedy.
//!
//! Letter of the stage + three digits: `P` plan, `R` read, `N` normalise, `J` join, `D` decide, `C` compose, `E` emit,
//! `V` verify, `B` rule book. Tests, the gallery in the docs and the messages all read this table.

use super::Severity;

macro_rules! codes {
    ($($name:ident $id:literal $severity:ident $title:literal $hint:literal;)*) => {
        /// One row of the code table.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            /// Every code, in the table's order.
            pub const ALL: &'static [Code] = &[$(Code::$name,)*];

            /// The stable id, such as `R102`.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Code::$name => $id,)* }
            }

            /// The severity unless the place that reports says otherwise.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }

            /// A short Japanese title.
            #[must_use]
            pub const fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// The usual remedy, in Japanese.
            #[must_use]
            pub const fn hint(self) -> Option<&'static str> {
                match self { $(Code::$name => if $hint.is_empty() { None } else { Some($hint) },)* }
            }
        }
    };
}

codes! {
    // read
    FileUnreadable      "R101" Error "ファイルを読めません" "ファイルが壊れていないか、ほかのソフトで開けるかを確かめてください";
    FileProtected       "R102" Error "パスワードで保護されています" "パスワードを外して保存し直したファイルを指定してください";
    FileEmpty           "R103" Error "ファイルが空です" "抽出し直したファイルを指定してください";
    FileBomb            "R104" Error "展開すると大きすぎるファイルです" "抽出元の担当に確かめてください。正しいファイルなら分割してください";
    Encoding            "R105" Error "文字コードの誤り" "UTF-8、UTF-16 または CP932（Shift_JIS）で保存し直してください";
    CsvSyntax           "R106" Error "CSVの形の誤り" "引用符と列の数を確かめてください";
    HeaderNotFound      "R107" Error "見出し行がありません" "列の見出しを確かめてください";
    ColumnMissing       "R108" Error "必要な列がありません" "抽出の設定にその列を加えてください";
    ColumnDuplicate     "R109" Error "同じ見出しの列が二つあります" "片方の列を消すか、見出しを直してください";
    ColumnUnknown       "R110" Note  "知らない列です" "";
    MyNumberColumn      "R111" Error "個人番号の列があります" "個人番号は扱いません。列を除いて抽出し直してください";
    MyNumberValues      "R112" Error "個人番号とみられる値の列があります" "個人番号は扱いません。列を除いて抽出し直してください";
    SheetMissing        "R113" Error "シートがありません" "";
    // normalise
    CellEmpty           "N201" Held  "値がありません" "元のデータを確かめてください";
    DateUnreadable      "N202" Held  "日付を読めません" "2026-04-01、20260401、2026/4/1、令和8年4月1日 のいずれかの形にしてください";
    DateNotReal         "N203" Held  "暦にない日付です" "住民票で確かめ、不詳であれば「生年月日_不詳フラグ」を 1 にしてください";
    DateEra             "N204" Alert "元号の範囲を外れた日付です" "";
    LeadingZeroLost     "N205" Held  "先頭の0が失われています" "列の表示形式を「文字列」にして抽出し直してください";
    NumberInexact       "N206" Held  "番号が数値として丸められています" "列の表示形式を「文字列」にして抽出し直してください";
    PostalCodeInvalid   "N207" Held  "郵便番号の誤り" "7けたの数字にしてください";
    ControlCharacter    "N208" Held  "制御文字があります" "元のデータから取り除いてください";
    CharacterRemoved    "N209" Note  "見えない文字を取り除きました" "";
    CodeUnknown         "N210" Held  "知らない値です" "rules/codes.toml に対応を加えてください";
    DateOrder           "N211" Held  "日付の前後が逆です" "住民票で確かめてください";
    DoseAfterSnapshot   "N212" Held  "抽出日より後の実施日です" "実施日を確かめてください";
    DoseBeforeBirth     "N213" Held  "生年月日より前の実施日です" "実施日と生年月日を確かめてください";
    DateOutOfRange      "N214" Held  "ありえない日付です" "元のデータを確かめてください";
    DoseImpossible      "N215" Held  "ありえない回数です" "予防接種コードと回数を確かめてください";
    SnapshotMissing     "N216" Error "抽出日がありません" "抽出日の列を加えるか、--snapshot で抽出日を指定してください";
    // join
    PersonDuplicate     "J301" Error "同じ番号の人が二人います" "抽出元で名寄せを確かめてください";
    PersonUnknown       "J302" Alert "住民にいない人の行です" "転出・死亡で住民から外れた人なら、そのままで構いません";
    BirthDateDiffers    "J303" Held  "生年月日が住民と台帳で違います" "どちらが正しいか確かめてください";
    SexDiffers          "J304" Held  "性別が住民と台帳で違います" "どちらが正しいか確かめてください";
    NameDiffers         "J305" Alert "氏名が住民と台帳で違います" "改姓などであれば、そのままで構いません";
    DoseTwice           "J306" Note  "同じ接種が二度登録されています" "";
    StruckOffDiffers    "J307" Alert "消除フラグの人が住民では現住です" "住民票で確かめてください。この人には送りません";
    DoseConflict        "J308" Alert "同じ回の接種が別の日に登録されています" "予診票で確かめてください";
    ImportGap           "J309" Error "取り込まれていない月があります" "接種実績の取り込みを確かめてください";
    DosesSameDay        "J310" Alert "同じ日に同じ種類の接種が二つあります" "予診票で確かめてください";
    ProtectedAddress    "J311" Note  "支援措置の対象です" "";
    // decide
    SnapshotOld         "D401" Error "抽出日が古すぎます" "45日以内の住民ファイルで実行してください";
    AsOfBeforeSnapshot  "D402" Error "基準日が抽出日より前です" "基準日は抽出日以後にしてください";
    RuleNotValid        "D403" Error "有効な規則がありません" "rules/ を更新してください";
    DoseInvalid         "D404" Alert "期間・間隔から外れた接種です" "接種間違いの報告の対象でないか確かめてください";
    HeldRefuses         "D405" Error "保留の人がいるため中止しました" "保留一覧の原因を取り除くか、municipality.toml の held を continue にしてください";
    NobodyDue           "D406" Alert "対象者がいません" "";
    NobodyInWard        "D407" Alert "ほかの区には送るのに、誰にも送らない区があります" "住民と台帳の抽出に漏れがないか確かめてください";
    // compose
    GlyphMissing        "C501" Held  "どのフォントにもない文字です" "住民票で字を確かめ、外字なら gaiji.toml に means を書き、ほかの字なら印字できる字で登録し直してください";
    GlyphFallback       "C502" Note  "予備のフォントで印字する文字です" "";
    TextOverflow        "C503" Held  "枠に収まりません" "その欄を短く登録し直すか、大きい用紙を選んでください";
    CharacterUnmappable "C504" Held  "Shift_JISにない文字です" "gaiji.toml に代替文字を定めてください";
    CharacterReplaced   "C505" Note  "Shift_JISにないため代替した文字です" "";
    BarcodeOmitted      "C506" Note  "カスタマバーコードを省きました" "";
    Template            "C507" Error "ひな形の誤り" "templates/ のファイルを直してください";
    FieldFormula        "C509" Held  "数式とみなされる文字で始まる欄です" "元のデータを確かめてください";
    FieldTooLong        "C508" Held  "CSVの列に収まりません" "layouts/ の列幅を確かめてください";
    CheckDigit          "C511" Held  "予防接種番号の検査数字が合いません" "番号を登録元で確かめてください。検査数字のない番号なら municipality.toml の person_number.check_digit を false にします";
    NamesMadeEqual      "C510" Alert "代替文字のため同じ表記になる氏名があります" "封入と引き抜きでは、氏名ではなく通知コードで確かめてください";
    TemplateItem        "C520" Error "ひな形に要る項目がないか、書けない言葉があります" "";
    TemplateName        "C521" Error "ひな形に知らない差し込みがあります" "";
    TemplateLeftover    "C522" Error "ひな形に書きかけの跡があります" "文を仕上げてください";
    TemplateCity        "C523" Error "ほかの市区町村の名があります" "自分の市区町村の名に直すか、{{ city.name }} を使ってください。正しい文なら templates/lint.toml の一覧から外します";
    TemplateBox         "C524" Error "ひな形の文が枠に収まりません" "文を短くしてください";
    TemplateWindow      "C525" Error "窓から宛名以外が見えることがあります" "municipality.toml の [envelope] を確かめてください";
    TemplateClass       "C526" Error "ひな形の類が通知事業と違います" "ひな形の class か、通知事業の class を直してください";
    TemplateApproval    "C527" Error "ひな形が承認したときから変わっています" "kansho templates check と試験（run --rehearsal）で確かめ、承認してから municipality.toml の run.templates を新しい照合値にしてください";
    // emit, verify
    CountsDoNotClose    "E601" Error "件数が合いません" "";
    OutputDiffers       "V701" Error "出力が元と違います" "";
    FileHash            "V702" Error "ファイルが変わっています" "";
    FileExtra           "V703" Error "目録にないファイルがあります" "";
    FileMissing         "V704" Error "目録にあるファイルがありません" "";
    PackBroken          "V705" Error "受渡ファイルが壊れています" "もう一度受け取り直してください。繰り返すときは、渡した側に作り直しを頼んでください";
    PackPlain           "V706" Error "AES-256で暗号化されていないファイルがあります" "kansho pack で作った受渡ファイルを、そのまま使ってください";
    PackManifest        "V707" Error "受渡ファイルの目録の誤り" "渡した側に作り直しを頼んでください";
    Rehearsal           "V708" Error "試験と本番が混ざっています" "試験の出力は捨て、本番の処理をやり直してください";
    // rule book
    BookSyntax          "B801" Error "規則の書き方の誤り" "";
    BookGap             "B802" Error "規則の期間に空きがあります" "";
    BookOverlap         "B803" Error "規則の期間が重なっています" "";
    BookBounds          "B804" Error "規則の上限・下限がありません" "";
    BookUnknown         "B805" Error "規則に知らない名前があります" "";
    BookCase            "B806" Error "例と規則集の答えが違います" "法令の文言から、例か規則のどちらが正しいか確かめてください";
    BookUnreached       "B807" Error "どの例も通らない規則があります" "rules/cases/ に例を加えてください";
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_code_has_its_own_id_and_a_title() {
        let ids: BTreeSet<_> = Code::ALL.iter().map(|c| c.id()).collect();
        assert_eq!(ids.len(), Code::ALL.len());
        assert!(Code::ALL.iter().all(|c| !c.title().is_empty()));
    }
}
