//! The page in a real browser, with a real server: what people see and press.
#![allow(clippy::unwrap_used, clippy::expect_used)] // A story that cannot go on panics.

#[path = "page/changes.rs"]
mod changes;
#[path = "page/chat.rs"]
mod chat;
#[path = "page/delivery.rs"]
mod delivery;
#[path = "page/door.rs"]
mod door;
#[path = "page/files.rs"]
mod files;
#[path = "page/formatting.rs"]
mod formatting;
#[path = "page/groups.rs"]
mod groups;
#[path = "page/keyboard.rs"]
mod keyboard;
#[path = "page/mentions.rs"]
mod mentions;
#[path = "page/modules.rs"]
mod modules;
#[path = "page/names.rs"]
mod names;
#[path = "page/narrow.rs"]
mod narrow;
#[path = "page/preferences.rs"]
mod preferences;
#[path = "page/refused.rs"]
mod refused;
#[path = "page/restored.rs"]
mod restored;
#[path = "page/retention.rs"]
mod retention;
#[path = "page/search.rs"]
mod search;
#[path = "page/typing.rs"]
mod typing;
#[path = "page/uploads.rs"]
mod uploads;
