/** What the page's address names: a conversation, and perhaps one message in it. Pure. */

import { isGroup } from "./group.js";

/** No name has a stroke in it, and the id of a group has 16 digits. */
const ADDRESS = /^(?:group\/([0-9a-f]{16})|([^/]+))(?:\/([1-9]\d{0,15}))?$/;

/**
 * @param {object} summary Of a conversation.
 * @param {number} [seq] The number of a message in it.
 * @returns {string} As it stands after the address's `#`; empty when it has no name.
 */
export function addressOf(summary, seq) {
  const name = isGroup(summary) ? `group/${summary.conversation}` : (summary.peer?.user ?? "");
  return name && seq ? `${name}/${seq}` : name;
}

/** @returns {{target: {to: string} | {conversation: string}, seq?: number} | null} Nothing when it names nothing. */
export function readAddress(text) {
  const [, conversation, to, seq] = ADDRESS.exec(text) ?? [];
  if (!conversation && !to) return null;
  return { target: to ? { to } : { conversation }, ...(seq && { seq: Number(seq) }) };
}
