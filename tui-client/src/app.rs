//! The application, without a terminal, a network or a clock: a message changes the model and gives effects.
#![deny(clippy::disallowed_methods)]

mod account;
pub mod changes;
pub mod chats;
pub mod command;
mod composer;
pub mod files;
#[cfg(test)]
pub mod fixture;
pub mod groups;
mod hints;
pub mod keys;
mod model;
mod password;
pub mod pick;
pub mod place;
pub mod preferences;
mod purpose;
pub mod rows;
pub mod script;
pub mod search;
pub mod silence;
mod timeline;
mod typing;
mod update;
pub mod versions;

pub use account::DeletionForm;
pub use chats::{Chat, Chats};
pub use composer::Composer;
pub use model::{FileList, Model, Notice, Opening, Overlay, Pane, Saved, Surface, WIDE};
pub use password::{FIELDS, PasswordForm};
pub use pick::Pick;
pub use purpose::Purpose;
pub use timeline::Timeline;
pub use typing::Typing;
pub use update::{Effect, Msg, list_height, screen_room, too_large, update};
