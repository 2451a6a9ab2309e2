/** One conversation as far as it is known: its summary, kept up to date by what is pushed. Pure. */

import { Log } from "./log.js";
import { grown, receiptOf } from "./receipts.js";

const UNREAD_MAX = 999;

export class Conversation {
  /** As in the protocol. */
  summary;
  /** @type {Log | null} Its entries, once they were wanted. */
  log = null;
  /** How far the server is to be told that one has read. */
  readWanted = 0;
  /** How far everybody else is, by their names. */
  #marks = new Map();

  constructor(summary) {
    this.summary = summary;
    this.#takeMarks(summary);
  }

  /** How far the user's message with this number is: "sent", "delivered" or "read". */
  receiptOf(seq) {
    return receiptOf(seq, [...this.#marks.values()]);
  }

  /** Begins its window anew at its end. */
  openLog() {
    this.log = new Log();
  }

  /** A summary from the server is the truth, but what was pushed after it was read may be newer. */
  handleSummary(summary) {
    const { head, last, unread } = this.summary;
    this.summary = head > summary.head ? { ...summary, head, last, unread } : summary;
    this.#takeMarks(summary);
  }

  /**
   * An entry was pushed.
   * @returns {"known" | "next" | "beyond"} Beyond a gap, how many are unread is for the server to say.
   */
  handleEntry(entry, isMine) {
    const { summary } = this;
    if (entry.seq <= summary.head) return "known";
    const isNext = entry.seq === summary.head + 1;
    summary.head = entry.seq;
    summary.last = entry;
    // Only messages count; what is done to them does not.
    if (!isMine && entry.kind === "message") summary.unread = Math.min(summary.unread + 1, UNREAD_MAX);
    return isNext ? "next" : "beyond";
  }

  /** The user has read, here or elsewhere. */
  handleReceipt({ read, unread }) {
    if (read >= this.summary.read) Object.assign(this.summary, { read, unread });
  }

  /** Somebody else has got or read more. */
  handleMarks({ user, delivered, read }) {
    this.#marks.set(user, grown(this.#marks.get(user), { delivered, read }));
  }

  /** Raises the watermark that the server is to be told. @returns {boolean} Whether it did not know. */
  wantsRead(seq) {
    const isNew = seq > this.readWanted && seq > this.summary.read;
    if (isNew) this.readWanted = seq;
    return isNew;
  }

  #takeMarks({ peer, peer_marks }) {
    if (peer && peer_marks) this.handleMarks({ user: peer.user, ...peer_marks });
  }
}
