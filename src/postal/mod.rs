//! 郵便: postal data, address splitting, customer barcode, sorting (postal.md).

pub mod barcode;
mod cache;
pub mod data;
pub mod district;
pub mod extract;
pub mod layout;
pub mod row;
pub mod sorting;
pub mod split;

pub use barcode::{Coded, NoBarcode, Place, Symbol, customer_barcode, encode};
pub use data::PostalData;
pub use district::Districts;
pub use extract::extract;
pub use layout::Layout;
pub use row::{Field, PostalRow};
pub use split::{Split, split};
