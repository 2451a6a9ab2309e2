//! Where the server's randomness and its clock come from.

use crate::store::{UserId, Writer};
use chat_protocol::{ClientId, ConversationId, DeviceId, FileId, TOMBSTONE, Token, UnixMillis, UserName};
use std::fmt::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// A fresh conversation's id.
pub fn conversation_id() -> ConversationId {
    ConversationId::from_bits(u64::from_ne_bytes(bytes()))
}

/// A fresh device's id.
pub fn device_id() -> DeviceId {
    DeviceId::from_bits(u64::from_ne_bytes(bytes()))
}

/// A fresh file's id.
pub fn file_id() -> FileId {
    FileId::from_bits(u64::from_ne_bytes(bytes()))
}

/// Somebody who writes an upload, and nobody who has before.
pub fn writer() -> Writer {
    Writer(u64::from_ne_bytes(bytes()).cast_signed())
}

/// A fresh user's number, for a store that does not count its users.
pub fn user_id() -> UserId {
    UserId((u64::from_ne_bytes(bytes()) >> 1).cast_signed())
}

/// A fresh store's id.
pub fn store_id() -> String {
    format!("{:016x}", u64::from_ne_bytes(bytes()))
}

/// A fresh id for an entry that the server itself appends.
pub fn client_id() -> ClientId {
    format!("{:032x}", u128::from_ne_bytes(bytes())).parse().expect("hexadecimal digits are a client id")
}

/// What stands in the place of the name of somebody who has gone. Nobody can be called so.
pub fn tombstone() -> UserName {
    let name = format!("{TOMBSTONE}{:012x}", u64::from_ne_bytes(bytes()) >> 16);
    name.parse().expect("letters, a dash and hexadecimal digits are a name")
}

/// A random number from 0 up to, but not including, 1.
pub fn fraction() -> f64 {
    f64::from(u32::from_ne_bytes(bytes())) / (f64::from(u32::MAX) + 1.0)
}

/// A fresh token: 256 random bits.
pub fn token() -> Token {
    let mut text = String::with_capacity(64);
    for byte in bytes::<32>() {
        write!(text, "{byte:02x}").expect("writing to a string cannot fail");
    }
    Token::new(text)
}

/// The time.
pub fn now() -> UnixMillis {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
