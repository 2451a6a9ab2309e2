//! The limits that both sides know. A server may set some of them lower or higher; [`crate::Welcome`] tells which hold.

/// A user name's length, in bytes.
pub const NAME_BYTES_MAX: usize = 32;
/// The length of a client-made message id or of a request id, in bytes.
pub const ID_BYTES_MAX: usize = 64;
/// A message's text, in bytes of UTF-8. The server's default.
pub const TEXT_BYTES_MAX: usize = 8 * 1024;
/// A whole frame, in bytes. A larger one is refused with `frame_too_large` and the session lives on.
pub const FRAME_BYTES_MAX: usize = 64 * 1024;
/// Past this many bytes the frame is not even read to its end: the socket is closed with 1009.
pub const FRAME_BYTES_CUT: usize = 256 * 1024;
/// How deep arrays and objects may nest in a frame.
pub const FRAME_DEPTH_MAX: usize = 16;
/// A password's length, in bytes of UTF-8.
pub const PASSWORD_BYTES_MIN: usize = 8;
/// A password's length, in bytes of UTF-8.
pub const PASSWORD_BYTES_MAX: usize = 256;
/// A device's name, in bytes of UTF-8.
pub const DEVICE_NAME_BYTES_MAX: usize = 64;
/// A file's name, in bytes of UTF-8. A longer one is cut.
pub const FILE_NAME_BYTES_MAX: usize = 255;
/// A file, in bytes. The server's default.
pub const FILE_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// What a reply shows of the message that it answers, in characters.
pub const QUOTE_CHARS_MAX: usize = 200;
/// An emoji, in bytes of UTF-8.
pub const EMOJI_BYTES_MAX: usize = 64;
/// Edits and reactions of one message, those taken back included; more of them are refused with `limit_reached`. It can
/// always be deleted.
pub const CHANGES_MAX: u32 = 2000;
/// Different emoji under one message at the same time.
pub const REACTIONS_MAX: usize = 20;
/// Versions in one answer to `versions`.
pub const VERSIONS_MAX: u32 = 50;
/// What a group is about, in bytes of UTF-8.
pub const TOPIC_BYTES_MAX: usize = 512;
/// Members of a group.
pub const GROUP_MEMBERS_MAX: usize = 2000;
/// Groups that one user is in.
pub const GROUPS_MAX: usize = 1000;
/// Users that are added to a group by one request.
pub const ADDED_MAX: usize = 100;
/// In a group of up to this many, members hear of each other's comings and goings, typing and reading. In a larger one
/// they ask.
pub const WHISPERING_MEMBERS_MAX: usize = 100;
/// Different people whom one message mentions. Those who are named after them are not told.
pub const MENTIONS_MAX: usize = 50;
/// People whom one user has blocked.
pub const BLOCKED_MAX: usize = 1000;
/// After how many days the entries of a group are removed at the latest, if they are.
pub const RETENTION_DAYS_MAX: u32 = 36_500;
/// Groups in one page of the public ones.
pub const GROUPS_PAGE_MAX: u32 = 100;
/// Members in one page.
pub const MEMBERS_PAGE_MAX: u32 = 200;
/// A search's query, in bytes of UTF-8.
pub const SEARCH_BYTES_MAX: usize = 256;
/// Hits in one answer to `search`.
pub const SEARCH_HITS_MAX: u32 = 50;
/// Hits in an answer to `search` when the request does not say.
pub const SEARCH_HITS: u32 = 20;
/// Entries in one page of history.
pub const PAGE_ENTRIES_MAX: u32 = 200;
/// Entries in a page of history when the request does not say.
pub const PAGE_ENTRIES: u32 = 50;
/// Conversations in one page of the list.
pub const LIST_MAX: u32 = 100;
/// The largest sequence number: the largest whole number that JavaScript holds exactly.
pub const SEQ_MAX: u64 = (1 << 53) - 1;
/// The server counts unread entries up to here; a summary or receipt with this number means "this many or more".
pub const UNREAD_MAX: u32 = 999;
/// How often the server pings, in seconds.
pub const PING_SECONDS: u64 = 15;
/// After this many seconds without a byte from the other side, either side gives the connection up.
pub const SILENCE_SECONDS_MAX: u64 = 40;
/// Seconds a new connection has for each attempt to authenticate.
pub const LOGIN_SECONDS_MAX: u64 = 10;
/// How long a notice that somebody is typing holds, in milliseconds.
pub const TYPING_LEASE_MS: u64 = 6000;
/// How often a client repeats that its user is typing, in milliseconds: well within the lease.
pub const TYPING_REPEAT_MS: u64 = 3000;
