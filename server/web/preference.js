/** What the user prefers about a conversation: what calls them, and whether it lies in the archive. Pure. */

import { isGroup } from "./group.js";

/** What a summary says of it. What is usual is left out on the wire. */
export function preferencesIn({ level = "all", archived = 0, blocked = false }) {
  return { level, archived, blocked };
}

/** Whether not each message calls the user. */
export function isMuted({ level = "all" }) {
  return level !== "all";
}

/** The rule of `protocol/src/preference.rs`: what is new brings a conversation back, unless it is muted. */
export function isArchived({ level = "all", archived = 0, head, mentions = 0 }) {
  if (archived === 0 || level === "none") return archived !== 0;
  return level === "mentions" ? mentions === 0 : archived >= head;
}

/** How much of what is unread calls the user. */
export function callsOf({ level = "all" }, { unread, mentions }) {
  return { all: unread, mentions, none: 0 }[level] ?? unread;
}

/** Whether it is a conversation with somebody else, who can be blocked. */
export function canBlock(summary, me) {
  return !isGroup(summary) && Boolean(summary.peer) && summary.peer.user !== me;
}
