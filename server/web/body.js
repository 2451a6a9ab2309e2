/**
 * What the user sends, as the outbox keeps it, as the request that carries it, and as the entry that it becomes. Pure.
 *
 * A message: `{client_id, conversation, text, at, file?: {id, name, size, type}, reply_to?: number}`.
 * A change of one: `{client_id, conversation, kind: "edit" | "deletion" | "reaction", target: number, text?, emoji?, removed?, at}`.
 * Either has a `failed: {code, message}` once it was refused. Of a message that is answered only the number is kept: it is another's.
 * Earlier pages kept a message with somebody's name, `to`, in the place of its conversation; the server is asked once which one that is.
 */

import { isChange, quoteOf } from "./fold.js";

/** What a conversation is known by. */
export function laneOf({ to, conversation }) {
  return conversation ?? `@${to}`;
}

/** Whether this was kept by a page of this chat, and can be sent. */
export function isSendable(kept) {
  return Boolean(kept?.client_id) && (typeof kept.text === "string" || isChange(kept));
}

/** The request that sends it; or, of what was kept by a name, the one that asks which conversation is meant. */
export function requestOf({ client_id, to, conversation, kind, target: seq, text, file, reply_to, emoji, removed }) {
  if (!conversation) return { type: "open", to };
  if (kind === "edit") return { type: "edit", conversation, seq, client_id, text };
  if (kind === "deletion") return { type: "delete", conversation, seq, client_id };
  if (kind === "reaction") return { type: "react", conversation, seq, client_id, emoji, ...(removed && { removed }) };
  return { type: "send", conversation, client_id, text, ...(file && { file: file.id }), ...(reply_to && { reply_to }) };
}

/**
 * The entry that it has become.
 * @param {object} ack The server's.
 * @param {object} [origin] The message that it answers, if that is loaded.
 */
export function entryOf(sent, { conversation, seq, at, client_id, mentions }, from, origin) {
  const { kind = "message", target, text, file, emoji, removed } = sent;
  const entry = { conversation, seq, at, from, client_id, kind };
  if (kind === "message") return { ...entry, text, file, ...(origin && { reply_to: quoteOf(origin) }), ...(mentions && { mentions }) };
  return { ...entry, target, text, emoji, removed };
}

/** Whether it stands in the log as this entry, whoever got the ack. */
export function isSame({ kind = "message", target, text, file }, entry) {
  if (entry.kind !== kind || entry.target !== target) return false;
  // What was changed since then is not compared: it says what it says now.
  return kind !== "message" || entry.changed !== undefined || (entry.text === text && entry.file?.id === file?.id);
}
