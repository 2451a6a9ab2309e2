/** How far a message of the user's is on its way to others. Pure. */

/**
 * What is known of somebody's watermarks, with what was told last. They only grow, but for what is read: somebody may not want to tell any more.
 * @param {{delivered: number, read?: number} | undefined} known
 * @param {{delivered: number, read?: number}} told
 */
export function grown(known, { delivered, read }) {
  const most = { delivered: Math.max(known?.delivered ?? 0, delivered) };
  return read === undefined ? most : { ...most, read: Math.max(known?.read ?? 0, read) };
}

/** Who has read a message. @param {Map<string, {read?: number}>} marks By name. */
export function readersOf(seq, marks) {
  return [...marks].filter(([, { read }]) => read >= seq).map(([user]) => user).sort();
}

/**
 * @param {number} seq The message's.
 * @param {Array<{delivered: number, read?: number}>} marks Of everybody else in the conversation.
 * @returns {"sent" | "delivered" | "read"}
 */
export function receiptOf(seq, marks) {
  const all = (reaches) => marks.length > 0 && marks.every(reaches);
  if (all(({ read }) => read >= seq)) return "read";
  return all(({ delivered }) => delivered >= seq) ? "delivered" : "sent";
}
