/**
 * A window into one conversation's log: the entries that are loaded, in order and without a hole. It decides what a push or a page means;
 * who owns it sends the requests.
 *
 * A push is only a fast copy of the log: what is known already is dropped, and what does not follow is fetched.
 *
 * A page tells each message as it is at the page's head; entries after that change it. So the window is at two numbers: up to `last` it holds
 * the entries, and up to `told`, which is further when its end was given up, every change of what it holds is taken in.
 */

import { folded, isChange } from "./fold.js";

/** Entries that are kept. Beyond it the window loses entries at the end that one is not looking at. */
export const WINDOW_MAX = 1000;

/** A window that is further behind than this begins anew with the newest page. */
const GAP_MAX = 2000;

export class Log {
  /** @type {Array<{seq: number, at: number, from: string, client_id: string, kind: string, text?: string}>} */
  entries = [];
  /** The newest page is asked for, or will be when there is a connection. */
  loading = true;
  /** The number of the last entry; meaningless while it is loading. */
  last = 0;
  /** The number up to which the window is told of changes: no less than `last`. */
  told = 0;
  /** The first entry of all is in the window. */
  atStart = false;
  /** False once entries at the end were given up: then pushes are not appended. */
  following = true;
  /** A page is on its way: "gap", "older", "newer", "around" or nothing. */
  fetching = null;
  /** Changes that came since that page was asked for, which it may not know. */
  #meanwhile = [];

  /** The number of the first entry, or of the one that would be. */
  get first() {
    return this.entries[0]?.seq ?? this.last + 1;
  }

  /** The entry with this number, if it is in the window. */
  find(seq) {
    return this.loading ? undefined : this.entries[seq - this.first];
  }

  /** Begins anew. */
  restart() {
    Object.assign(this, new Log());
  }

  /** A page was asked for. */
  fetch(what) {
    this.fetching = what;
    this.#meanwhile = [];
  }

  /** No answer comes any more to what was asked. */
  handleDisconnected() {
    this.fetching = null;
  }

  /** The newest page has come. */
  handleNewest(page) {
    if (!this.loading) return;
    this.loading = false;
    this.following = true;
    this.#begin(page);
    this.told = this.last;
  }

  /** A page with a wanted entry has come, in place of what was there. */
  handleAround(page) {
    this.fetching = null;
    if (!this.loading && page.entries.length === 0) return;
    // What came while nothing was loaded stands in the page, or is fetched after it.
    const { told } = this.loading ? { told: 0 } : this;
    this.loading = false;
    this.#begin({ ...page, entries: this.#upToDate(page, page.entries) });
    this.told = Math.max(this.told, told);
    this.following = this.last >= this.told;
  }

  /**
   * An entry was pushed.
   * @returns {boolean} Whether it was the next one, and is taken in now.
   */
  handleEntry(entry) {
    if (this.loading || this.fetching === "gap" || entry.seq !== this.told + 1) return false;
    if (this.fetching && isChange(entry)) this.#meanwhile.push(entry);
    this.#take([entry]);
    return true;
  }

  /**
   * What must be fetched so that the window is told of everything up to the head, and of nothing beyond it.
   * @returns {"newest" | {after: number} | null}
   */
  missing(head) {
    if (this.loading || this.fetching || this.told === head) return null;
    const isBack = head < this.told;
    if (isBack || head - this.told > GAP_MAX) {
      // Who reads further up is not torn away; the changes come as they go down. But what never was is not shown.
      if (!isBack && !this.following) return null;
      this.restart();
      return "newest";
    }
    this.fetch("gap");
    return { after: this.told };
  }

  /** The page after what is told has come. */
  handleGap(page) {
    this.fetching = null;
    const entries = page.entries.filter((entry) => entry.seq > this.told);
    this.#take(entries);
    // An empty page means that there is nothing to be read up to the head; asking again would go on for ever.
    if (entries.length === 0) this.told = Math.max(this.told, page.head);
    if (this.following) this.last = this.told;
  }

  /** The page before the window has come; what is now too much is given up at the end. */
  handleOlder(page) {
    this.fetching = null;
    const entries = page.entries.filter((entry) => entry.seq < this.first);
    this.atStart = (entries[0]?.seq ?? this.first) <= page.first || entries.length === 0;
    this.entries = [...this.#upToDate(page, entries), ...this.entries];
    if (this.entries.length > WINDOW_MAX) {
      this.entries.length = WINDOW_MAX;
      this.last = this.entries.at(-1).seq;
      this.following = false;
    }
  }

  /** The page after a window that does not follow has come. */
  handleNewer(page) {
    this.fetching = null;
    const entries = page.entries.filter((entry) => entry.seq > this.last);
    for (const entry of entries) if (entry.seq > this.told) this.entries = folded(this.entries, entry);
    this.#append(this.#upToDate(page, entries));
    if (entries.length === 0) this.last = Math.max(this.last, page.head);
    this.told = Math.max(this.told, this.last);
    this.following = this.last >= Math.max(this.told, page.head);
  }

  /** The conversation begins here now; what stood before it is gone, and what was quoted of it. */
  handleBegins(first) {
    if (this.loading) return;
    const left = this.entries.filter(({ seq }) => seq >= first);
    const isGone = left.length < this.entries.length;
    this.entries = left.map((entry) => (entry.reply_to?.seq < first ? { ...entry, reply_to: { seq: entry.reply_to.seq } } : entry));
    this.last = Math.max(this.last, first - 1);
    this.told = Math.max(this.told, this.last);
    this.atStart ||= isGone || this.first <= first;
  }

  #begin({ entries, head, first }) {
    this.entries = entries;
    this.last = entries.at(-1)?.seq ?? head;
    this.told = head;
    this.atStart = this.first <= first;
  }

  /** Entries of a page, with what was pushed before it came. */
  #upToDate({ head }, entries) {
    return this.#meanwhile.filter(({ seq }) => seq > head).reduce(folded, entries);
  }

  /** Takes in what follows on what is told. */
  #take(entries) {
    for (const entry of entries) this.entries = folded(this.entries, entry);
    this.told = entries.at(-1)?.seq ?? this.told;
    if (this.following) this.#append(entries);
  }

  #append(entries) {
    this.entries = [...this.entries, ...entries];
    this.last = this.entries.at(-1)?.seq ?? this.last;
    const surplus = this.entries.length - WINDOW_MAX;
    if (surplus > 0) {
      this.entries.splice(0, surplus);
      this.atStart = false;
    }
  }
}
