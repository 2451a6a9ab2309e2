/** One conversation as far as it is known: its summary, kept up to date by what is pushed. Pure. */

import { groupAfter, groupIn, isGroup } from "./group.js";
import { Log } from "./log.js";
import { preferencesIn } from "./preference.js";
import { grown, readersOf, receiptOf } from "./receipts.js";

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
  /** Of a group, not all of them may be known. */
  #knowsAll;
  /** The number of the last entry that is in what the summary says of a group. */
  #groupAt;
  /** The head as far as it was told of on this connection. What an earlier one told is undone when the server comes back from an older backup. */
  #heard;

  constructor(summary) {
    this.summary = summary;
    this.#heard = summary.head;
    this.#groupAt = summary.head;
    this.#knowsAll = !isGroup(summary);
    this.#takeMarks(summary);
  }

  /** How far the user's message with this number is: "sent", "delivered" or "read", by everybody else. */
  receiptOf(seq) {
    return this.#knowsAll ? receiptOf(seq, [...this.#marks.values()]) : "sent";
  }

  /** Who has read it, as far as they tell. */
  readersOf(seq) {
    return readersOf(seq, this.#marks);
  }

  /** Begins its window anew at its end. */
  openLog() {
    this.log = new Log();
  }

  handleDisconnected() {
    this.#heard = 0;
    this.log?.handleDisconnected();
  }

  /** The log reaches at least so far. */
  reaches(seq) {
    this.#heard = Math.max(this.#heard, seq);
    this.summary.head = Math.max(this.summary.head, seq);
  }

  /**
   * A page tells where the log ended when it was read.
   * @param {number} known The head that was known when it was asked for: if it has not risen since, what the page says holds.
   * @returns {boolean} Whether the log ends further back now, as when the store came back from an older backup.
   */
  endsAt(head, known) {
    const isBack = head < this.summary.head && this.summary.head <= known;
    if (isBack) this.#goBack(head);
    else this.reaches(head);
    return isBack;
  }

  /** What stood behind this number never was. */
  #goBack(head) {
    this.#heard = head;
    this.summary.head = head;
    this.#groupAt = Math.min(this.#groupAt, head);
    this.readWanted = Math.min(this.readWanted, head);
    // They are told anew.
    this.#marks = new Map();
  }

  /** A summary from the server is the truth, but what was pushed after it was read may be newer. */
  handleSummary(summary) {
    const isOlder = this.#heard > summary.head;
    const reached = Math.max(this.#heard, summary.head);
    if (reached < this.summary.head) this.#goBack(reached);
    this.#heard = reached;
    const { first, head, last, unread, mentions } = this.summary;
    const group = isGroup(summary) && this.#groupAt > summary.head ? groupIn(this.summary) : {};
    this.summary = { ...summary, ...(isOlder && { head, last, unread, mentions }), ...group };
    this.#groupAt = Math.max(this.#groupAt, summary.head);
    this.#takeMarks(summary);
    if (summary.first > first) this.log?.handleBegins(summary.first);
  }

  /**
   * An entry was pushed.
   * @returns {"known" | "next" | "unsure"} Beyond a gap, or when something was deleted that may have mentioned the user, what is unread is for the
   * server to say.
   */
  handleEntry(entry, me) {
    const { summary } = this;
    this.#heard = Math.max(this.#heard, entry.seq);
    const isMine = entry.from === me;
    if (isGroup(summary) && entry.seq > this.#groupAt) {
      Object.assign(summary, groupAfter(groupIn(summary), entry, me));
      this.#groupAt = entry.seq;
    }
    if (entry.seq <= summary.head) return "known";
    const isNext = entry.seq === summary.head + 1;
    summary.head = entry.seq;
    summary.last = entry;
    // Only messages count; what is done to them does not.
    if (!isMine && entry.kind === "message") this.#count(entry, me);
    const takesBack = summary.mentions > 0 && entry.kind === "deletion" && entry.target > summary.read;
    return isNext && !takesBack ? "next" : "unsure";
  }

  #count({ mentions = [] }, me) {
    const { summary } = this;
    summary.unread = Math.min(summary.unread + 1, UNREAD_MAX);
    if (mentions.includes(me)) summary.mentions = Math.min((summary.mentions ?? 0) + 1, UNREAD_MAX);
  }

  /** The user has read, here or elsewhere. */
  handleReceipt({ read, unread, mentions = 0 }) {
    if (read >= this.summary.read) Object.assign(this.summary, { read, unread, mentions });
  }

  /** What stood before this number is gone. */
  handleBegins(first) {
    const { summary } = this;
    if (first <= summary.first) return;
    summary.first = first;
    if (summary.last?.seq < first) delete summary.last;
    this.log?.handleBegins(first);
  }

  /** The other one has deleted their account. */
  handleGone(user, now) {
    this.summary.peer = { user: now, online: false };
    const marks = this.#marks.get(user);
    this.#marks.delete(user);
    if (marks) this.#marks.set(now, marks);
  }

  /** The user prefers something else about it, here or elsewhere. */
  handlePreferences(preferences) {
    Object.assign(this.summary, preferencesIn(preferences));
  }

  /** Somebody else has got or read more. */
  handleMarks({ user, delivered, read }) {
    this.#marks.set(user, grown(this.#marks.get(user), { delivered, read }));
  }

  /** All others of a group, and how far they are. What was pushed meanwhile may be further. */
  handleMembers(members) {
    this.#marks = new Map(members.map(({ user, marks }) => [user, grown(this.#marks.get(user), marks)]));
    this.#knowsAll = true;
  }

  /** The group is too large for its members to tell each other. */
  forgetMarks() {
    this.#marks = new Map();
    this.#knowsAll = false;
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
