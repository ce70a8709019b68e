//! 郵便: postal data, address splitting, customer barcode, sorting (postal.md).

mod agree;
pub mod barcode;
mod cache;
pub mod data;
pub mod district;
pub mod extract;
pub mod layout;
pub mod row;
pub mod sorting;
pub mod spelling;
pub mod split;

pub use barcode::{Coded, Doubt, NoBarcode, Place, Symbol, Warning, customer_barcode, encode};
pub use data::PostalData;
pub use district::Districts;
pub use extract::extract;
pub use layout::Layout;
pub use row::{Field, PostalRow};
pub use spelling::Spelling;
pub use split::{Split, split};
