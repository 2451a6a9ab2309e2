//! Decisions without a clock, a socket or a store: what is given in decides what comes out.
#![deny(clippy::disallowed_methods)]

mod access;
mod bucket;
mod cursor;
mod date;
mod mentions;
mod origin;
mod query;
mod retention;
mod throttle;
mod whispers;
mod words;

pub use access::{Act, Place, Standing, Verdict, may};
pub use bucket::Bucket;
pub use cursor::{Cursor, FoundCursor};
pub use mentions::Mentions;
pub use origin::Site;
pub use query::{Query, Term, Within};
pub use retention::{due_before, told_days};
pub use throttle::Throttle;
pub use whispers::Whispers;
pub use words::words;
