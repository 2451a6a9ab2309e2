/** The messages of the conversation that is shown. */

import { $, reconcile, write } from "./dom.js";
import { isAdmin, isGroup } from "./group.js";
import { createRow, updateRow } from "./message.js";
import { rowsOf } from "./rows.js";
import { countOf } from "./surroundings.js";
import { day } from "./time.js";
import { updateStop } from "./tools.js";

/** So near to the end counts as the end, in pixels. */
const END_PX = 24;
/** So near to an edge the next page is asked for. */
const EDGE_PX = 600;
/** So long a message that one went to is marked. */
const FOUND_MS = 2000;

export class Timeline {
  #app;
  #scroller = $("scroller");
  /** What is shown is to be placed at its first new message, or its end, once it is there. */
  #placing = false;
  #atEnd = true;
  #firstSeq = 0;
  /** A message that is to be shown once it is loaded, and whether it was asked for. @type {{seq: number, isAsked: boolean} | null} */
  #goal = null;
  /** What can be done with a message. */
  #acts;

  constructor(app) {
    this.#app = app;
    this.#acts = {
      me: app.me,
      retry: (clientId) => app.pending.retry(clientId),
      discard: (clientId) => app.pending.discard(clientId),
      settle: (change) => this.#settle(change),
    };
    this.#scroller.onscroll = () => this.#handleScroll();
    $("below").onclick = () => this.newest();
    // A keyboard that opens, or a composer that grows, must not hide the end.
    new ResizeObserver(() => this.#atEnd && this.#scrollToEnd()).observe(this.#scroller);
  }

  /**
   * The next thing that is drawn is another conversation.
   * @param {number} [seq] The message in it that is to be shown, once it is loaded.
   */
  place(seq) {
    this.#placing = true;
    this.#goal = seq === undefined ? null : { seq, isAsked: false };
  }

  /** The end stays in sight with what is drawn next. */
  toEnd() {
    this.#placing = false;
    this.#goal = null;
    this.#atEnd = true;
  }

  /** Goes to a message, and loads what is around it if need be. */
  goTo(seq) {
    this.#goal = { seq, isAsked: false };
    this.#app.renderNow();
  }

  /** Goes to the newest message. */
  newest() {
    const { conversation, session, selected } = this.#app;
    if (!conversation?.log?.following) session.pages.newest(selected);
    this.toEnd();
    this.#app.renderNow();
    this.#app.composer.focus();
  }

  /** Scrolls by so many screens. */
  scroll(screens) {
    this.#scroller.scrollBy(0, screens * this.#scroller.clientHeight * 0.9);
  }

  isAtEnd() {
    return this.#scroller.clientHeight > 0 && !this.#placing && this.#atEnd;
  }

  render() {
    const { conversation, me, newAfter, pending, selected, session } = this.#app;
    this.#scroller.hidden = !conversation;
    if (!conversation) {
      // What was said in a group that one is not in any more is not kept.
      $("timeline").replaceChildren();
      return;
    }
    const { log } = conversation;
    const isLoaded = log && !log.loading;
    const entries = pending.entriesOf(selected);
    const outgoing = isLoaded && !log.following ? [] : pending.messagesOf(selected);
    const receiptOf = (seq) => conversation.receiptOf(seq);
    const readersOf = (seq) => (isGroup(conversation.summary) ? conversation.readersOf(seq) : []);
    const changes = pending.changesOf(selected);
    const rows = rowsOf(entries, outgoing, { me, newAfter, day, changes, receiptOf, readersOf, mayDelete: isAdmin(conversation.summary) });
    // Only what comes at the end is news that is read out.
    const isNews = !this.#placing && this.#firstSeq === entries[0]?.seq;
    this.#scroller.setAttribute("aria-live", isNews ? "polite" : "off");
    this.#firstSeq = entries[0]?.seq;

    const place = this.#placing || this.#atEnd ? null : this.#place();
    reconcile($("timeline"), rows, (row) => createRow(row), (element, row) => updateRow(element, row, this.#acts));
    updateStop($("timeline"));
    write($("timeline-hint"), hint(log, rows, session.online, conversation.summary));
    const isThere = this.#goal !== null && isLoaded && this.#approach(log);
    if (this.#placing) {
      if (isLoaded && this.#goal === null) this.#putInPlace();
    } else if (!isThere) this.#return(place);
    // What was the end of the window may have turned out to be that of the conversation.
    if (!this.#placing) this.#atEnd ||= this.#measureEnd();
    this.#renderBelow();
    this.#loadMore();
  }

  /** Shows the message that one wants to see, or asks for it once. @returns {boolean} Whether it is shown. */
  #approach(log) {
    const { seq, isAsked } = this.#goal;
    const element = $("timeline").querySelector(`[data-seq="${seq}"]`);
    if (element) this.#show(element);
    else if (!log.fetching && !isAsked && this.#app.session.pages.around(this.#app.selected, seq)) this.#goal.isAsked = true;
    // Whatever else is on its way comes first.
    else if (!log.fetching) {
      this.#goal = null;
      this.#app.notice.show("This message cannot be shown right now.");
    }
    return Boolean(element);
  }

  #show(element) {
    this.#goal = null;
    this.#placing = false;
    element.scrollIntoView({ block: "center" });
    this.#atEnd = this.#measureEnd();
    element.querySelector(".bubble")?.focus({ preventScroll: true });
    element.dataset.found = "";
    setTimeout(() => delete element.dataset.found, FOUND_MS);
  }

  #settle(change) {
    const place = this.#atEnd ? null : this.#place();
    change();
    this.#return(place);
  }

  /** Back to what was read before something changed. */
  #return(place) {
    if (this.#atEnd) this.#scrollToEnd();
    else if (place?.element.isConnected) this.#scroller.scrollTop += topOf(place.element) - place.top;
  }

  /** The first message in sight, so that it can be kept where it is. */
  #place() {
    const top = this.#scroller.getBoundingClientRect().top;
    // Not days, "new" or a message's heading: these may go when something comes before them.
    for (const element of $("timeline").querySelectorAll(".bubble, .happening")) {
      const box = element.getBoundingClientRect();
      if (box.bottom > top) return { element, top: box.top };
    }
    return null;
  }

  #putInPlace() {
    if (this.#scroller.clientHeight === 0) return;
    this.#placing = false;
    this.#scrollToEnd();
    const separator = $("timeline").querySelector(".new");
    const above = separator ? topOf(separator) - this.#scroller.getBoundingClientRect().top : 0;
    if (above < 0) this.#scroller.scrollTop += above - this.#scroller.clientHeight / 4;
    this.#atEnd = this.#measureEnd();
  }

  #scrollToEnd() {
    this.#scroller.scrollTop = this.#scroller.scrollHeight;
  }

  /** The end of a window that goes on further down is none. */
  #measureEnd() {
    if (!this.#app.conversation?.log?.following) return false;
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    return scrollHeight - scrollTop - clientHeight <= END_PX;
  }

  #handleScroll() {
    const wasAtEnd = this.#atEnd;
    this.#atEnd = this.#measureEnd();
    this.#loadMore();
    if (wasAtEnd !== this.#atEnd) this.#app.render();
  }

  #loadMore() {
    const { session, selected } = this.#app;
    const { scrollHeight, scrollTop, clientHeight } = this.#scroller;
    if (this.#placing || clientHeight === 0) return;
    if (scrollTop < EDGE_PX) session.pages.older(selected);
    else if (scrollHeight - scrollTop - clientHeight < EDGE_PX) session.pages.newer(selected);
  }

  #renderBelow() {
    const { selected } = this.#app;
    const isShown = !this.#placing && !(this.#atEnd && this.#app.conversation.log?.following);
    const { unread } = this.#app.newsOf(selected);
    $("below").hidden = !isShown;
    write($("below"), unread > 0 ? `↓ ${countOf(unread)} new below` : "↓ Newest");
    $("below").classList.toggle("news", unread > 0);
  }
}

function topOf(element) {
  return element.getBoundingClientRect().top;
}

function hint(log, rows, isOnline, { head }) {
  if (!log || log.loading) return isOnline ? "Loading…" : "Not loaded yet: there is no connection.";
  if (rows.length === 0 && log.atStart) return head > 0 ? "What was said here is gone." : "Nothing has been said yet.";
  if (log.atStart) return "";
  return isOnline ? "Loading older messages…" : "Older messages load when the connection is back.";
}
