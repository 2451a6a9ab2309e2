//! Decisions without a clock, a socket or a store: what is given in decides what comes out.
#![deny(clippy::disallowed_methods)]

mod access;
mod bucket;
mod cursor;
mod origin;
mod throttle;
mod whispers;

pub use access::{Act, Place, Standing, Verdict, may};
pub use bucket::Bucket;
pub use cursor::Cursor;
pub use origin::Site;
pub use throttle::Throttle;
pub use whispers::Whispers;
