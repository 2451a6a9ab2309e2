/**
 * A window into one conversation's log: the entries that are loaded, in order and without a hole. It decides what a push or a page means;
 * who owns it sends the requests.
 *
 * A push is only a fast copy of the log: what is known already is dropped, and what does not follow is fetched.
 */

/** Entries that are kept. Beyond it the window loses entries at the end that one is not looking at. */
export const WINDOW_MAX = 1000;

/** A window that is further behind than this begins anew with the newest page. */
const GAP_MAX = 2000;

export class Log {
  /** @type {Array<{seq: number, at: number, from: string, client_id: string, kind: string, text?: string}>} */
  entries = [];
  /** The newest page is asked for, or will be when there is a connection. */
  loading = true;
  /** The number up to which the window is told; meaningless while it is loading. */
  last = 0;
  /** The first entry of all is in the window. */
  atStart = false;
  /** False once entries at the end were given up: then pushes are not appended. */
  following = true;
  /** A page is on its way: "gap", "older", "newer" or nothing. */
  fetching = null;

  /** The number of the first entry, or of the one that would be. */
  get first() {
    return this.entries[0]?.seq ?? this.last + 1;
  }

  /** Begins anew. */
  restart() {
    Object.assign(this, new Log());
  }

  /** No answer comes any more to what was asked. */
  handleDisconnected() {
    this.fetching = null;
  }

  /** The newest page has come. */
  handleNewest(page) {
    if (!this.loading) return;
    this.entries = page.entries;
    this.last = page.entries.at(-1)?.seq ?? page.head;
    this.loading = false;
    this.following = true;
    this.atStart = this.first <= page.first;
  }

  /**
   * An entry was pushed.
   * @returns {boolean} Whether it was the next one, and is in the window now.
   */
  handleEntry(entry) {
    if (this.loading || !this.following || this.fetching === "gap" || entry.seq !== this.last + 1) return false;
    this.#append([entry]);
    return true;
  }

  /**
   * What must be fetched so that the window reaches the head.
   * @returns {"newest" | {after: number} | null}
   */
  missing(head) {
    if (this.loading || !this.following || this.fetching || this.last >= head) return null;
    if (head - this.last > GAP_MAX) {
      this.restart();
      return "newest";
    }
    this.fetching = "gap";
    return { after: this.last };
  }

  /** The page after the window has come. */
  handleGap(page) {
    this.fetching = null;
    const entries = page.entries.filter((entry) => entry.seq > this.last);
    this.#append(entries);
    // An empty page means that there is nothing to be read up to the head; asking again would go on for ever.
    if (entries.length === 0) this.last = Math.max(this.last, page.head);
  }

  /** The page before the window has come; what is now too much is given up at the end. */
  handleOlder(page) {
    this.fetching = null;
    const entries = page.entries.filter((entry) => entry.seq < this.first);
    this.atStart = (entries[0]?.seq ?? this.first) <= page.first || entries.length === 0;
    this.entries = [...entries, ...this.entries];
    if (this.entries.length > WINDOW_MAX) {
      this.entries.length = WINDOW_MAX;
      this.last = this.entries.at(-1).seq;
      this.following = false;
    }
  }

  /** The page after a window that does not follow has come. */
  handleNewer(page) {
    this.handleGap(page);
    if (this.last >= page.head) this.following = true;
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
