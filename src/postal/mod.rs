//! 郵便: postal data, address splitting, customer barcode, sorting (postal.md).
