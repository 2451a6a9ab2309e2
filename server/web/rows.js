/** A conversation as rows of the timeline: days, what is new, and messages that belong together. Pure. */

import { isChange, quoteOf } from "./fold.js";
import { happeningOf } from "./happening.js";

/** Messages of one sender stand together when they are no further apart than this. */
const GROUP_MS = 5 * 60 * 1000;

/**
 * @typedef {{key: string, kind: "day" | "new" | "happening" | "message", [more: string]: any}} Row A message's has the `message`, null when this page
 * does not know what it is, and `waiting`: the changes of it that are not made yet, but shown already.
 *
 * @typedef {object} View
 * @property {string} me
 * @property {number | null} newAfter Messages of others above it are new.
 * @property {(at: number) => string} day
 * @property {object[]} [changes] Those that wait.
 * @property {(seq: number) => "sent" | "delivered" | "read"} [receiptOf] How far one's own message is.
 * @property {(seq: number) => string[]} [readersOf] Who has read it, to be named one by one.
 * @property {boolean} [mayDelete] Whether the user may delete what others said.
 *
 * @param {object[]} entries Of the log, in their order, with all changes taken in.
 * @param {object[]} outgoing Messages to this conversation that are not in the log yet; a file that is still uploaded has no id.
 * @param {View} view
 * @returns {Row[]}
 */
export function rowsOf(entries, outgoing, { me, newAfter, day, changes = [], receiptOf = () => "sent", readersOf = () => [], mayDelete = false }) {
  const rows = [];
  let previous = null;
  let newSaid = newAfter === null;
  const startDay = ({ key, at }) => {
    const startsDay = !previous || day(previous.at) !== day(at);
    if (startsDay) rows.push({ key: `day before ${key}`, kind: "day", text: day(at) });
    return startsDay;
  };
  const push = (row) => {
    const { at, from } = row;
    const startsDay = startDay(row);
    const startsNew = !newSaid && row.seq > newAfter && from !== me;
    if (startsNew) {
      newSaid = true;
      rows.push({ key: "new", kind: "new" });
    }
    const continues = !startsDay && !startsNew && previous.from === from && at - previous.at <= GROUP_MS;
    rows.push({ kind: "message", mine: from === me, continues, waiting: [], ...row });
    previous = { at, from };
  };
  // A message has the same key before and after it is sent, so that its element stays.
  for (const entry of entries) {
    // What is done to a message is shown with that.
    if (isChange(entry)) continue;
    const { seq, at, from, client_id, kind } = entry;
    const key = `${from} ${client_id}`;
    const happening = happeningOf(entry, me);
    if (happening !== null) {
      startDay({ key, at });
      rows.push({ key, kind: "happening", seq, at, text: happening });
      // Nobody's message goes on after it.
      previous = { at, from: null };
      continue;
    }
    const isMine = from === me;
    const how = isMine ? { state: receiptOf(seq), readers: readersOf(seq) } : { state: "sent" };
    const waiting = changes.filter(({ target }) => target === seq);
    push({ key, seq, at, from, ...how, message: kind === "message" ? entry : null, waiting, mayDelete: isMine || mayDelete });
  }
  for (const { client_id, text, at, failed, file, reply_to } of outgoing) {
    // A clock that is behind the server's must not turn the order of days around.
    const shown = Math.max(at, previous?.at ?? 0);
    const state = failed ? "failed" : "queued";
    const message = { text, file, reply_to: reply_to && quoted(entries, reply_to) };
    push({ key: `${failed ? "failed" : me} ${client_id}`, client_id, at: shown, from: me, state, failed, message });
  }
  return rows;
}

/** The beginning of a message that is answered, as far as it is known here. */
function quoted(entries, seq) {
  const origin = entries[seq - entries[0]?.seq];
  return origin?.kind === "message" ? quoteOf(origin) : { seq };
}
