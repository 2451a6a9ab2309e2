/** Pages of conversations' logs: which one is asked for, and what it means for the window that it belongs to. Pure. */

import { isTombstone } from "./names.js";

const PAGE = 50;
const PAGE_MAX = 200;

export class Pages {
  #conversations;
  #edges;

  /**
   * @param {Map<string, import("./conversation.js").Conversation>} conversations
   * @param {object} edges
   * @param {(call: object, answered: (answer: object) => void) => void} edges.ask Does nothing without a connection.
   * @param {() => boolean} edges.isOnline
   * @param {(entry: object) => void} edges.found Told of each entry that has come.
   * @param {(conversation: string) => void} edges.wentBack Told of a log that ends further back than was known.
   * @param {(conversation: string) => void} edges.changed
   */
  constructor(conversations, edges) {
    this.#conversations = conversations;
    this.#edges = edges;
  }

  /** Begins a conversation's window anew at its end. */
  newest(id) {
    this.#conversations.get(id).openLog();
    this.askNewest(id);
  }

  /** Asks for the end of a window that has begun. */
  askNewest(id) {
    const { log, summary } = this.#conversations.get(id);
    // So much that the first unread one is in it, if a page can hold that.
    const limit = Math.min(PAGE_MAX, Math.max(PAGE, summary.unread + 10));
    this.#ask(id, { limit }, (page) => log.handleNewest(page));
  }

  /** Loads the page before the window. */
  older(id) {
    const log = this.#restingLog(id);
    if (!log || log.atStart) return;
    log.fetch("older");
    this.#ask(id, { before: log.first, limit: PAGE }, (page) => log.handleOlder(page));
  }

  /** Loads the page after a window that does not reach the end. */
  newer(id) {
    const log = this.#restingLog(id);
    if (!log || log.following) return;
    log.fetch("newer");
    this.#ask(id, { after: log.last, limit: PAGE }, (page) => log.handleNewer(page));
  }

  /**
   * Begins a conversation's window anew around an entry. What is there stays until then.
   * @returns {boolean} Whether it comes.
   */
  around(id, seq) {
    const conversation = this.#conversations.get(id);
    if (!this.#edges.isOnline() || !conversation) return false;
    if (conversation.log && !this.#restingLog(id)) return false;
    if (!conversation.log) conversation.openLog();
    const { log } = conversation;
    log.fetch("around");
    this.#ask(id, { before: seq + PAGE / 2, limit: PAGE }, (page) => log.handleAround(page));
    return true;
  }

  /** Fetches the next page up to the head, if one is missing and not on its way. */
  advance(id) {
    const { log, summary } = this.#conversations.get(id);
    const missing = this.#edges.isOnline() ? log?.missing(summary.head) : null;
    if (missing === "newest") this.askNewest(id);
    else if (missing) this.#ask(id, { ...missing, limit: PAGE_MAX }, (page) => this.#handleGap(id, log, page));
  }

  /** What somebody said who has deleted their account meanwhile is gone by no entry: the window begins anew without it. */
  #handleGap(id, log, page) {
    log.handleGap(page);
    const isGone = ({ kind, from }) => kind === "members" && isTombstone(from);
    if (page.entries.some(isGone)) this.newest(id);
  }

  /** A window for which nothing is on its way. */
  #restingLog(id) {
    const { log } = this.#conversations.get(id) ?? {};
    return this.#edges.isOnline() && log && !log.loading && !log.fetching ? log : null;
  }

  #ask(id, range, handle) {
    const known = this.#conversations.get(id).summary.head;
    this.#edges.ask({ type: "history", conversation: id, ...range }, (answer) => {
      const conversation = this.#conversations.get(id);
      if (!conversation) return;
      if (answer.type === "page") {
        answer.entries.forEach(this.#edges.found);
        const isBack = conversation.endsAt(answer.head, known);
        handle(answer);
        this.advance(id);
        if (isBack) this.#edges.wentBack(id);
      } else {
        conversation.log?.handleDisconnected();
        // Whoever shows the conversation again asks again.
        if (this.#edges.isOnline() && conversation.log?.loading) conversation.log = null;
      }
      this.#edges.changed(id);
    });
  }
}
