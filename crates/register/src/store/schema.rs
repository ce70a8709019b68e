//! The tables, by numbered steps: a register of an older version is brought up step by step when it is opened for writing.
//!
//! Columns of people and shots have the romaji names of the standard's layouts (`standard-spec.md` §3.1, §7) and hold the cells as
//! the feeds had them, so that a register is read by the very readers of files and decides as they do.

/// The steps; the version of a register is how many of them it has.
pub(super) const STEPS: &[&str] = &[FIRST];

/// What says which database this is (`PRAGMA application_id`): "kans".
pub(super) const APPLICATION: i64 = 0x6b61_6e73;

const FIRST: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, given INTEGER NOT NULL) STRICT;

CREATE TABLE audit_log (seq INTEGER PRIMARY KEY, entry TEXT NOT NULL, hash TEXT NOT NULL) STRICT;
CREATE TRIGGER audit_log_update BEFORE UPDATE ON audit_log BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_log_delete BEFORE DELETE ON audit_log BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TRIGGER audit_log_replace BEFORE INSERT ON audit_log WHEN EXISTS (SELECT 1 FROM audit_log WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'append only'); END;
CREATE TABLE log_reply (month TEXT NOT NULL, operator TEXT NOT NULL, reply TEXT NOT NULL, by_operator TEXT NOT NULL, at TEXT NOT NULL,
  PRIMARY KEY (month, operator)) STRICT;
CREATE TABLE log_signoff (month TEXT PRIMARY KEY, head TEXT NOT NULL, by_operator TEXT NOT NULL, at TEXT NOT NULL) STRICT;

CREATE TABLE operator (name TEXT PRIMARY KEY, roles TEXT NOT NULL, section TEXT, until TEXT, passphrase TEXT,
  failures INTEGER NOT NULL, disabled INTEGER NOT NULL, created_by TEXT NOT NULL, approve_by TEXT, at TEXT NOT NULL) STRICT;

CREATE TABLE feed (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, mode TEXT NOT NULL, file TEXT NOT NULL, sha256 TEXT NOT NULL,
  snapshot TEXT, row_count INTEGER NOT NULL, told TEXT NOT NULL, accepted TEXT, by_operator TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE INDEX feed_sha256 ON feed (sha256);
CREATE TABLE feed_error (id INTEGER PRIMARY KEY, row_key TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, code TEXT NOT NULL, sheet TEXT NOT NULL,
  row_number INTEGER, column_name TEXT, message TEXT NOT NULL, since_import INTEGER NOT NULL, last_import INTEGER NOT NULL,
  state TEXT NOT NULL, reason TEXT) STRICT;

CREATE TABLE person (id INTEGER PRIMARY KEY, yobosesshubango TEXT UNIQUE, atenabango TEXT, merged_into INTEGER REFERENCES person (id),
  missing_since INTEGER, daicho_seinengappi TEXT) STRICT;
CREATE INDEX person_born ON person (daicho_seinengappi);
CREATE INDEX person_addressee ON person (atenabango);
CREATE INDEX person_merged ON person (merged_into) WHERE merged_into IS NOT NULL;
CREATE INDEX person_missing ON person (missing_since) WHERE missing_since IS NOT NULL;
CREATE TABLE person_number (kind TEXT NOT NULL, number TEXT NOT NULL, person INTEGER NOT NULL REFERENCES person (id),
  PRIMARY KEY (kind, number)) STRICT;
CREATE INDEX person_number_person ON person_number (person);
CREATE TABLE merge (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), into_person INTEGER NOT NULL REFERENCES person (id),
  reason TEXT NOT NULL, by_operator TEXT NOT NULL, at TEXT NOT NULL) STRICT;

CREATE TABLE resident (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id),
  from_import INTEGER NOT NULL, to_import INTEGER, valid_from TEXT, valid_to TEXT, household TEXT, guardian TEXT,
  yobosesshubango TEXT, atenabango TEXT, nayosesakiatenabango TEXT, setaibango TEXT, rirekibango TEXT, shimei TEXT, shimei_furigana TEXT,
  tsusho TEXT, seinengappi TEXT, seinengappi_fushofuragu TEXT, seinengappi_fushohyoki TEXT, seibetsu TEXT, jusho_yubinbango TEXT,
  jusho TEXT, jusho_todofuken TEXT, jusho_shikugunchosonmei TEXT, jusho_choaza TEXT, jusho_banchigohyoki TEXT, jusho_katagaki TEXT,
  ku TEXT, juminninattahi TEXT, idobi TEXT, idojiyu TEXT, shojobi TEXT, tenshutsuyoteibi TEXT, shibobi TEXT, hogosha_atenabango TEXT,
  kensaku_kana TEXT, kensaku_shimei TEXT, kensaku_tsusho TEXT, kensaku_seinengappi TEXT, kensaku_seibetsu TEXT) STRICT;
CREATE INDEX resident_person ON resident (person, to_import);
CREATE INDEX resident_household ON resident (household) WHERE household IS NOT NULL;
CREATE INDEX resident_kana ON resident (kensaku_kana);
CREATE INDEX resident_name ON resident (kensaku_shimei);
CREATE INDEX resident_alias ON resident (kensaku_tsusho) WHERE kensaku_tsusho IS NOT NULL;
CREATE INDEX resident_birth ON resident (kensaku_seinengappi);
CREATE INDEX resident_guardian ON resident (guardian) WHERE guardian IS NOT NULL;

CREATE TABLE mark (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), sheet TEXT NOT NULL, kind TEXT,
  version INTEGER NOT NULL, from_import INTEGER, to_import INTEGER, ended_on TEXT, ended_reason TEXT, by_operator TEXT NOT NULL, at TEXT NOT NULL,
  row_key TEXT NOT NULL,
  yobosesshubango TEXT, atenabango TEXT, kaishi TEXT, shuryo TEXT, riyu TEXT, kubun TEXT, sofusaki_yubinbango TEXT, sofusaki_jusho TEXT,
  sofusaki_katagaki TEXT, sofusaki_shimei TEXT, shoyusha TEXT, shippei TEXT, keiretsu TEXT, shussanyoteibi TEXT, kakunin TEXT,
  nayosesakiyobosesshubango TEXT, nayosesakiatenabango TEXT) STRICT;
CREATE INDEX mark_person ON mark (person);

CREATE TABLE vaccination (id INTEGER PRIMARY KEY, record INTEGER NOT NULL, version INTEGER NOT NULL, state TEXT NOT NULL,
  person INTEGER NOT NULL REFERENCES person (id), kiroku_moto TEXT NOT NULL, from_import INTEGER, missing_since INTEGER, row_key INTEGER NOT NULL,
  digest INTEGER NOT NULL, given_on TEXT, reason TEXT, by_operator TEXT, at TEXT,
  yobosesshubango TEXT, seinengappi TEXT, nenrei TEXT, yoboshesshucd TEXT, ryakusho TEXT, sesshukaisu TEXT, kaisu TEXT, jisshibi TEXT,
  kekka TEXT, kekka_meisho TEXT, iryokikancd TEXT, meisho_kanji TEXT, ishicd TEXT, ishimei_kanji TEXT, vaccinecd TEXT, vaccine_ryakusho TEXT,
  lotno TEXT, yukokigen TEXT, sesshuryocd TEXT, sesshuryo TEXT, torokubi TEXT, shojofuragu TEXT, shimei_kanji TEXT, shimei_kana TEXT,
  seibetsu TEXT, tsuchibi TEXT, yubinbango TEXT, jusho TEXT, shurui TEXT, shurui_meisho TEXT, hakkono TEXT, shoribi TEXT, atenabango TEXT,
  UNIQUE (record, version)) STRICT;
CREATE INDEX vaccination_person ON vaccination (person);
CREATE INDEX vaccination_issue ON vaccination (hakkono) WHERE hakkono IS NOT NULL;
CREATE INDEX vaccination_given ON vaccination (given_on);
CREATE INDEX vaccination_own ON vaccination (id) WHERE kiroku_moto <> '台帳';
CREATE UNIQUE INDEX vaccination_key ON vaccination (row_key) WHERE state = 'valid';
CREATE INDEX vaccination_missing ON vaccination (missing_since) WHERE missing_since IS NOT NULL;

CREATE TABLE number_range (id INTEGER PRIMARY KEY, content TEXT NOT NULL, first_no INTEGER NOT NULL UNIQUE, last_no INTEGER NOT NULL UNIQUE,
  programme TEXT NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE INDEX number_range_content ON number_range (content);

CREATE TABLE batch (run TEXT PRIMARY KEY, seq INTEGER NOT NULL, kind TEXT NOT NULL, state TEXT NOT NULL, rehearsal INTEGER NOT NULL,
  as_of TEXT NOT NULL, since TEXT NOT NULL, post_on TEXT NOT NULL, snapshot TEXT NOT NULL, folder TEXT NOT NULL, root TEXT NOT NULL,
  settings TEXT NOT NULL, data_as_of TEXT NOT NULL, selected INTEGER NOT NULL, ledger_rows INTEGER NOT NULL, ledger_met INTEGER NOT NULL, protection_rows INTEGER NOT NULL,
  made_by TEXT NOT NULL, made_at TEXT NOT NULL, printed INTEGER, pulled INTEGER, handover_on TEXT, package TEXT, package_sha256 TEXT,
  package_root TEXT, sealed_by TEXT, sealed_at TEXT, sealed_seq INTEGER, received INTEGER, printed_there INTEGER, spoiled INTEGER, mailed INTEGER,
  withdrawn INTEGER, delivered_on TEXT, received_by TEXT, erase_due TEXT, erased_on TEXT, certificate TEXT,
  ended_reason TEXT, cancel_first_by TEXT) STRICT;
CREATE TABLE approval (id INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES batch (run), by_operator TEXT NOT NULL, at TEXT NOT NULL,
  root TEXT NOT NULL, withdrawn_reason TEXT) STRICT;
CREATE INDEX approval_run ON approval (run);
CREATE TABLE piece (run TEXT NOT NULL REFERENCES batch (run), no INTEGER NOT NULL, hakkono INTEGER NOT NULL, code TEXT NOT NULL,
  person INTEGER NOT NULL REFERENCES person (id), programme TEXT NOT NULL, trigger_id TEXT NOT NULL, period TEXT NOT NULL, series TEXT NOT NULL,
  template TEXT NOT NULL, file TEXT NOT NULL, page INTEGER NOT NULL, yubinbango TEXT NOT NULL, ku TEXT NOT NULL, alternate INTEGER NOT NULL,
  substituted INTEGER NOT NULL, pulled TEXT, PRIMARY KEY (run, no)) STRICT;
CREATE INDEX piece_issue ON piece (hakkono);
CREATE INDEX piece_code ON piece (code);
CREATE INDEX piece_person ON piece (person);

CREATE TABLE notice (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), programme TEXT NOT NULL, trigger_id TEXT NOT NULL,
  period TEXT NOT NULL, run TEXT NOT NULL, no INTEGER NOT NULL, hakkono INTEGER NOT NULL UNIQUE, code TEXT NOT NULL, tsuchibi TEXT NOT NULL,
  shoribi TEXT NOT NULL, template TEXT NOT NULL, state TEXT NOT NULL, kind TEXT NOT NULL, reason TEXT, void_by INTEGER,
  UNIQUE (person, programme, trigger_id, period)) STRICT;
CREATE INDEX notice_code ON notice (code);
CREATE INDEX notice_person ON notice (person);
CREATE TABLE notice_dose (notice INTEGER NOT NULL REFERENCES notice (id), series TEXT NOT NULL, dose TEXT NOT NULL,
  PRIMARY KEY (notice, series, dose)) STRICT;

CREATE TABLE returned (id INTEGER PRIMARY KEY, notice INTEGER NOT NULL REFERENCES notice (id), person INTEGER NOT NULL REFERENCES person (id),
  run TEXT NOT NULL, reason TEXT NOT NULL, returned_on TEXT NOT NULL, ended_import INTEGER, by_operator TEXT NOT NULL,
  at TEXT NOT NULL) STRICT;
CREATE INDEX returned_person ON returned (person);
CREATE INDEX returned_run ON returned (run);

CREATE TABLE inquiry (id INTEGER PRIMARY KEY, person INTEGER REFERENCES person (id), received_on TEXT NOT NULL, question TEXT NOT NULL,
  answer TEXT, closed_on TEXT, by_operator TEXT NOT NULL, at TEXT NOT NULL) STRICT;
CREATE TABLE disclosure (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), kind TEXT NOT NULL, disclosed_on TEXT NOT NULL,
  requester TEXT NOT NULL, basis TEXT NOT NULL, by_operator TEXT NOT NULL, at TEXT NOT NULL) STRICT;
";
