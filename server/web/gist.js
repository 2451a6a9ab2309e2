/** A message, or what was done to one, in a few words on one line. Pure. */

import { happeningOf } from "./happening.js";
import { gistOf } from "./markup.js";
import { safeLine } from "./text.js";

/** So much of a text is looked at. */
const CHARS_MAX = 200;

export const DELETED = "message deleted";

/** What a message says. @param {{text?: string, file?: {name: string}, deleted_at?: number}} message */
export function gist({ text = "", file, deleted_at }) {
  if (deleted_at !== undefined) return DELETED;
  return text === "" && file ? `📎 ${safeLine(file.name)}` : gistOf(text.slice(0, CHARS_MAX));
}

/** What was done to a message; null when it was none of what is known. */
export function deedOf({ kind, emoji, removed }) {
  if (kind === "edit") return "edited a message";
  if (kind === "deletion") return "deleted a message";
  if (kind !== "reaction") return null;
  return removed ? `took ${safeLine(emoji)} back` : `reacted ${safeLine(emoji)}`;
}

/**
 * An entry of the log, for the list of conversations.
 * @param {boolean} [isGroup] Where it has to be said whose it is.
 */
export function newsOf(entry, me, isGroup = false) {
  const happening = happeningOf(entry, me);
  if (happening !== null) return happening;
  const deed = deedOf(entry);
  const who = entry.from === me ? "You" : isGroup ? entry.from : "";
  if (deed) return who ? `${who} ${deed}` : deed;
  const text = entry.kind === "message" ? gist(entry) : "…";
  return who ? `${who}: ${text}` : text;
}
