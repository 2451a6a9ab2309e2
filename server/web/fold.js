/**
 * What a message has become by the entries after it: the rules of `protocol/src/entry.rs`, tested against the same cases. Pure. What
 * changes becomes another object, so whoever shows it sees at once whether it has.
 */

/** What a reply shows of the message that it answers, in characters. */
const QUOTE_CHARS_MAX = 200;

const CHANGES = new Set(["edit", "deletion", "reaction"]);

/** Whether an entry is about a message, and none itself. */
export function isChange({ kind }) {
  return CHANGES.has(kind);
}

/** Entries with a later one taken in: by the message that it names, and by those that quote it. */
export function folded(entries, change) {
  return isChange(change) ? entries.map((entry) => (entry.kind === "message" ? foldedInto(entry, change) : entry)) : entries;
}

function foldedInto(message, change) {
  if (message.seq === change.target) return changed(message, change);
  const quote = message.reply_to && quoteAfter(message.reply_to, change);
  return quote === message.reply_to ? message : { ...message, reply_to: quote };
}

/**
 * A message after an entry that is about it; the same object when that is in it already.
 * @param {object} change The entry, or one that is still to come: that has no number, and comes after all others.
 */
export function changed(message, { seq, at, from, kind, text, emoji, removed }) {
  if (message.deleted_at !== undefined || seq <= message.changed) return message;
  if (kind === "edit") return { ...message, text, edited_at: at, changed: seq };
  if (kind === "deletion") {
    const { conversation, seq: number, at: sent, from: sender, client_id } = message;
    const what = { conversation, seq: number, at: sent, from: sender, client_id, kind: "message" };
    return { ...what, text: "", deleted_at: at, changed: seq };
  }
  if (kind !== "reaction") return message;
  const reactions = (removed ? without : withOne)(message.reactions ?? [], emoji, from);
  return { ...message, reactions, changed: seq };
}

function withOne(reactions, emoji, user) {
  const known = reactions.find((one) => one.emoji === emoji);
  if (!known) return [...reactions, { emoji, users: [user] }];
  if (known.users.includes(user)) return reactions;
  return reactions.map((one) => (one === known ? { emoji, users: [...one.users, user] } : one));
}

function without(reactions, emoji, user) {
  const left = ({ users }) => users.filter((one) => one !== user);
  return reactions.map((one) => (one.emoji === emoji ? { emoji, users: left(one) } : one)).filter(({ users }) => users.length > 0);
}

/** The beginning of a message, for one that answers it. */
export function quoteOf({ seq, from, text, file, deleted_at }) {
  return { seq, from, text: beginning(text), ...(file && { file: file.name }), ...(deleted_at !== undefined && { deleted: true }) };
}

/** A quote after an entry; the same object when that changes nothing. */
export function quoteAfter(quote, { kind, target, text }) {
  if (target !== quote.seq || quote.deleted) return quote;
  if (kind === "edit") return { ...quote, text: beginning(text) };
  if (kind === "deletion") return { seq: quote.seq, from: quote.from, text: "", deleted: true };
  return quote;
}

function beginning(text) {
  const characters = [...text];
  return characters.length > QUOTE_CHARS_MAX ? `${characters.slice(0, QUOTE_CHARS_MAX).join("")}…` : text;
}
