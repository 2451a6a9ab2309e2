/** One conversation as far as it is known: its summary, kept up to date by what is pushed. Pure. */

import { Log } from "./log.js";

const UNREAD_MAX = 999;

export class Conversation {
  /** As in the protocol. */
  summary;
  /** @type {Log | null} Its entries, once they were wanted. */
  log = null;
  /** How far the server is to be told that one has read. */
  readWanted = 0;

  constructor(summary) {
    this.summary = summary;
  }

  /** Begins its window anew at its end. */
  openLog() {
    this.log = new Log();
  }

  /** A summary from the server is the truth, but what was pushed after it was read may be newer. */
  handleSummary(summary) {
    const { head, last, unread } = this.summary;
    this.summary = head > summary.head ? { ...summary, head, last, unread } : summary;
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
    if (!isMine) summary.unread = Math.min(summary.unread + 1, UNREAD_MAX);
    return isNext ? "next" : "beyond";
  }

  /** The user has read, here or elsewhere. */
  handleReceipt({ read, unread }) {
    if (read >= this.summary.read) Object.assign(this.summary, { read, unread });
  }

  /** Raises the watermark that the server is to be told. @returns {boolean} Whether it did not know. */
  wantsRead(seq) {
    const isNew = seq > this.readWanted && seq > this.summary.read;
    if (isNew) this.readWanted = seq;
    return isNew;
  }
}
