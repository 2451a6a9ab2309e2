//! Following the logs: a step reads what is new and makes its words, and then it is written.

use super::expression::meta;
use super::{first_id, last_id};
use crate::store::UserId;
use crate::store::search::Indexed;
use crate::store::sqlite::erasure::is_by_departed;
use crate::store::sqlite::log::kind;
use crate::store::sqlite::value::conversation as key;
use chat_protocol::{ConversationId, UnixMillis};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::BTreeSet;

type Result<T> = rusqlite::Result<T>;

/// Some entries of one log.
pub struct Step {
    conversation: ConversationId,
    /// How far the index was when it was read. If it is elsewhere by now, somebody else was faster.
    from: i64,
    upto: i64,
    messages: Vec<(i64, Option<Words>)>,
}

/// What the index is to hold of a message.
struct Words {
    at: UnixMillis,
    text: String,
    file: String,
    meta: String,
}

/// Reads about `limit` entries that are not in the index; tells also which conversations it did not read to their ends.
pub fn read(
    db: &Connection,
    conversations: Vec<ConversationId>,
    limit: u32,
) -> Result<(Vec<Step>, Vec<ConversationId>)> {
    let (mut steps, mut rest, mut left) = (Vec::new(), Vec::new(), limit);
    for conversation in conversations {
        if left == 0 {
            rest.push(conversation);
            continue;
        }
        let from = progress(db, conversation)?;
        let entries = entries_after(db, conversation, from, left)?;
        let Some((upto, _)) = entries.last().copied() else { continue };
        let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
        if count >= left {
            rest.push(conversation);
        }
        left = left.saturating_sub(count);
        let touched: BTreeSet<_> = entries.into_iter().filter_map(|(_, message)| message).collect();
        let message = |seq| Ok((seq, words_of(db, conversation, seq)?));
        let messages = touched.into_iter().map(message).collect::<Result<_>>()?;
        steps.push(Step { conversation, from, upto, messages });
    }
    Ok((steps, rest))
}

fn progress(db: &Connection, conversation: ConversationId) -> Result<i64> {
    let sql = "SELECT upto FROM search_progress WHERE conversation = ?1";
    let upto = db.prepare_cached(sql)?.query_row([key(conversation)], |row| row.get(0)).optional()?;
    Ok(upto.unwrap_or(0))
}

/// Where the log begins: what stands before is never in the index.
fn first(db: &Connection, conversation: ConversationId) -> Result<i64> {
    let sql = "SELECT first FROM conversations WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([key(conversation)], |row| row.get(0))
}

/// The numbers of the next entries, and of the messages that have become other ones by them.
fn entries_after(
    db: &Connection,
    conversation: ConversationId,
    from: i64,
    limit: u32,
) -> Result<Vec<(i64, Option<i64>)>> {
    let sql =
        "SELECT seq, kind, target FROM entries WHERE conversation = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3";
    let entry = |row: &Row<'_>| {
        let (seq, kind, target): (i64, i64, Option<i64>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let message = match kind {
            kind::MESSAGE => Some(seq),
            kind::EDIT | kind::DELETION => target,
            _ => None,
        };
        Ok((seq, message))
    };
    db.prepare_cached(sql)?.query_map(params![key(conversation), from, limit], entry)?.collect()
}

/// A message as far as the index needs it: its last text, and whether it is deleted.
pub const MESSAGE: &str = "SELECT e.at, e.sender,
       coalesce((SELECT x.text FROM entries x INDEXED BY entries_about
                 WHERE x.conversation = e.conversation AND x.target = e.seq AND x.kind = 1
                 ORDER BY x.seq DESC LIMIT 1), e.text),
       f.name,
       EXISTS (SELECT 1 FROM entries x INDEXED BY entries_about
               WHERE x.conversation = e.conversation AND x.target = e.seq AND x.kind = 2)
     FROM entries e JOIN users s ON s.id = e.sender AND s.erased_at IS NULL
     LEFT JOIN files f ON f.id = e.file
     WHERE e.conversation = ?1 AND e.seq = ?2 AND e.kind = 0
       AND e.seq >= (SELECT first FROM conversations WHERE id = e.conversation)";

fn words_of(db: &Connection, conversation: ConversationId, seq: i64) -> Result<Option<Words>> {
    let words = |row: &Row<'_>| {
        let (at, sender): (UnixMillis, UserId) = (row.get(0)?, row.get(1)?);
        let (text, file, is_deleted): (String, Option<String>, bool) =
            (row.get(2)?, row.get(3)?, row.get(4)?);
        let indexed = Indexed::new(&text, file.as_deref().unwrap_or_default());
        let meta = meta(conversation, sender, file.is_some());
        let words = Words { at, text: indexed.text.join(" "), file: indexed.file.join(" "), meta };
        Ok((!is_deleted).then_some(words))
    };
    let found = db.prepare_cached(MESSAGE)?.query_row(params![key(conversation), seq], words);
    Ok(found.optional()?.flatten())
}

/// Writes what was read; tells for which conversations that was in vain.
pub fn write(db: &Connection, steps: Vec<Step>) -> Result<Vec<ConversationId>> {
    let (mut overtaken, mut fresh) = (Vec::new(), Vec::new());
    for Step { conversation, from, upto, messages } in steps {
        if progress(db, conversation)? != from {
            overtaken.push(conversation);
            continue;
        }
        let first = first(db, conversation)?;
        for (seq, words) in messages.into_iter().filter(|(seq, _)| *seq >= first) {
            let known = take_out(db, conversation, seq)?;
            let words = if is_by_departed(db, conversation, seq)? { None } else { words };
            match (words, known) {
                (Some(words), Some(id)) => put_in(db, conversation, seq, id, &words)?,
                (Some(words), None) => fresh.push((conversation, seq, words)),
                (None, _) => {}
            }
        }
        let sql = "INSERT INTO search_progress (conversation, upto) VALUES (?1, ?2)
                   ON CONFLICT (conversation) DO UPDATE SET upto = excluded.upto";
        db.prepare_cached(sql)?.execute([key(conversation), upto])?;
    }
    // The index of words begins a new part with each id that is lower than the one before.
    fresh.sort_by_key(|(conversation, seq, words)| (words.at, *conversation, *seq));
    for (conversation, seq, words) in fresh {
        let id = fresh_id(db, words.at)?;
        put_in(db, conversation, seq, id, &words)?;
    }
    Ok(overtaken)
}

fn fresh_id(db: &Connection, at: UnixMillis) -> Result<i64> {
    let sql = "SELECT max(id) FROM search_messages WHERE id BETWEEN ?1 AND ?2";
    let last: Option<i64> =
        db.prepare_cached(sql)?.query_row([first_id(at), last_id(at)], |row| row.get(0))?;
    Ok(last.map_or(first_id(at), |last| last.saturating_add(1)))
}

/// Takes a message out of the index; its id, if it was there.
pub fn take_out(db: &Connection, conversation: ConversationId, seq: i64) -> Result<Option<i64>> {
    let sql = "SELECT id FROM search_messages WHERE conversation = ?1 AND seq = ?2";
    let known = db.prepare_cached(sql)?.query_row(params![key(conversation), seq], |row| row.get(0));
    let Some(id) = known.optional()? else { return Ok(None) };
    let sql = "INSERT INTO search_words (search_words, rowid, text, file, meta)
               SELECT 'delete', id, text, file, meta FROM search_messages WHERE id = ?1";
    db.prepare_cached(sql)?.execute([id])?;
    db.prepare_cached("DELETE FROM search_messages WHERE id = ?1")?.execute([id])?;
    Ok(Some(id))
}

fn put_in(db: &Connection, conversation: ConversationId, seq: i64, id: i64, words: &Words) -> Result<()> {
    let Words { text, file, meta, .. } = words;
    let sql = "INSERT INTO search_messages (id, conversation, seq, text, file, meta) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?.execute(params![id, key(conversation), seq, text, file, meta])?;
    let sql = "INSERT INTO search_words (rowid, text, file, meta) VALUES (?1, ?2, ?3, ?4)";
    db.prepare_cached(sql)?.execute(params![id, text, file, meta]).map(drop)
}
