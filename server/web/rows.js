/** A conversation as rows of the timeline: days, what is new, and messages that belong together. Pure. */

/** Messages of one sender stand together when they are no further apart than this. */
const GROUP_MS = 5 * 60 * 1000;

/**
 * @typedef {{key: string, kind: "day" | "new" | "message", [more: string]: any}} Row
 *
 * @param {object[]} entries Of the log, in their order.
 * @param {object[]} outgoing Messages to this conversation that are not in the log yet; a file that is still uploaded has no id.
 * @param {{me: string, newAfter: number | null, day: (at: number) => string}} view `newAfter`: entries of others above it are new.
 * @returns {Row[]}
 */
export function rowsOf(entries, outgoing, { me, newAfter, day }) {
  const rows = [];
  let previous = null;
  let newSaid = newAfter === null;
  const push = (message, at, from) => {
    const startsDay = !previous || day(previous.at) !== day(at);
    if (startsDay) rows.push({ key: `day before ${message.key}`, kind: "day", text: day(at) });
    const startsNew = !newSaid && message.seq > newAfter && from !== me;
    if (startsNew) {
      newSaid = true;
      rows.push({ key: "new", kind: "new" });
    }
    const continues = !startsDay && !startsNew && previous.from === from && at - previous.at <= GROUP_MS;
    rows.push({ kind: "message", at, from, mine: from === me, continues, ...message });
    previous = { at, from };
  };
  // A message has the same key before and after it is sent, so that its element stays.
  for (const { seq, at, from, client_id, kind, text = "", file } of entries) {
    const known = kind === "message";
    push({ key: `${from} ${client_id}`, seq, state: "sent", text: known ? text : null, file: known ? file : undefined }, at, from);
  }
  for (const { client_id, text, at, failed, file } of outgoing) {
    // A clock that is behind the server's must not turn the order of days around.
    const shown = Math.max(at, previous?.at ?? 0);
    push({ key: `${failed ? "failed" : me} ${client_id}`, client_id, state: failed ? "failed" : "queued", failed, text, file }, shown, me);
  }
  return rows;
}
