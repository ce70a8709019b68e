//! 文字: units, shrinking to Shift_JIS, variants, 外字 (characters.md).
