//! Files: paths and pastes, what hangs on messages, transfers, pictures.

mod attached;
pub mod complete;
pub mod line;
mod offer;
pub mod paste;
pub mod pictures;
pub mod size;
mod transfers;
pub mod words;

pub use attached::{Attached, Which, attachment, find, in_view_of};
pub use complete::is_place;
pub use offer::{Offer, Offered, Pasted};
pub use transfers::{State, Transfer, Transfers};
