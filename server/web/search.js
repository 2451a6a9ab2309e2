/** Looking for messages, in place of the list of conversations: the field, what was found, and the way to each of them. */

import { $, complain, make, write } from "./dom.js";
import { excerptOf } from "./excerpt.js";
import { explain } from "./explain.js";
import { changed } from "./fold.js";
import { DELETED } from "./gist.js";
import { isGroup } from "./group.js";
import { gistOf } from "./markup.js";
import { termsOf } from "./query.js";
import { nameOf } from "./surroundings.js";
import { safeLine } from "./text.js";
import { full, short } from "./time.js";

export class Search {
  #app;
  /** Messages that were found, the newest first. */
  #hits = [];
  /** The words that they are marked with. */
  #terms = [];
  /** Where the next page is. */
  #next = null;
  /** Answers to an earlier question are not wanted any more. */
  #asked = 0;
  /** The hit that was gone to last, by its conversation and number. @type {string | null} */
  #visited = null;

  constructor(app) {
    this.#app = app;
    $("search-open").onclick = () => this.open();
    $("search-close").onclick = () => this.#close();
    $("search-form").onsubmit = (event) => {
      event.preventDefault();
      this.#begin();
    };
    $("search").onkeydown = (event) => this.#handleKey(event);
    $("hits-more").onclick = () => this.#more();
    this.#reset();
  }

  get isOpen() {
    return !$("search").hidden;
  }

  /** @param {string} [query] What stands in the field; else what stood there before. */
  open(query) {
    if (this.#app.isInConversation) this.#app.back();
    $("sidebar").dataset.mode = "search";
    $("search").hidden = false;
    $("search-open").setAttribute("aria-expanded", "true");
    if (query !== undefined) $("query").value = query;
    this.render();
    this.focus();
    if (query !== undefined) $("query").setSelectionRange(query.length, query.length);
  }

  /** The list of conversations is there again; what was found is kept. */
  hide() {
    delete $("sidebar").dataset.mode;
    $("search").hidden = true;
    $("search-open").setAttribute("aria-expanded", "false");
  }

  /** Nothing of it is kept. */
  #close() {
    $("query").value = "";
    this.#reset();
    this.hide();
    this.#app.sidebar.focus();
  }

  /** Back to where one was in it. */
  focus() {
    const visited = this.#visited && $("hits").querySelector("[aria-current]");
    if (visited) visited.focus();
    else {
      $("query").focus();
      $("query").select();
    }
  }

  /** The user is not in this group any more. */
  forget(conversation) {
    this.#drop((hit) => hit.conversation === conversation);
  }

  /** What is too old is gone. */
  handleBegins({ conversation, first }) {
    this.#drop((hit) => hit.conversation === conversation && hit.seq < first);
  }

  /** Somebody has deleted their account, and with it what they said: everywhere, or where it was found out. */
  handleGone({ user, conversation }) {
    this.#drop((hit) => hit.from === user && (!conversation || hit.conversation === conversation));
  }

  /** What is done to a message is done to it here as well. */
  handleChange(change) {
    const isMeant = ({ conversation, seq }) => conversation === change.conversation && seq === change.target;
    if (!this.#hits.some(isMeant)) return;
    this.#hits = this.#hits.map((hit) => (isMeant(hit) ? changed(hit, change) : hit));
    this.#draw();
  }

  /** Names of conversations may have changed, and what was gone to last. */
  render() {
    if (!this.isOpen) return;
    [...$("hits").children].forEach(({ firstElementChild: button }, at) => {
      const hit = this.#hits[at];
      write(button.querySelector(".where"), this.#placeOf(hit));
      if (keyOf(hit) === this.#visited && hit.conversation === this.#app.selected) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  }

  #drop(isGone) {
    const left = this.#hits.filter((hit) => !isGone(hit));
    if (left.length === this.#hits.length) return;
    this.#hits = left;
    this.#draw();
  }

  #reset() {
    this.#asked += 1;
    this.#next = null;
    this.#visited = null;
    this.#hits = [];
    $("search-help").hidden = false;
    complain($("search-error"), "");
    this.#say("");
    this.#draw();
  }

  async #begin() {
    const query = $("query").value.trim();
    this.#reset();
    if (!query) return;
    this.#terms = termsOf(query);
    $("search-help").hidden = true;
    this.#say("Searching…");
    await this.#load({ query });
    if (this.#hits.length === 0 && $("search-error").hidden) this.#say("Nothing was found. Only whole words are: lun* finds all that begins so.");
  }

  async #more() {
    const first = this.#hits.length;
    await this.#load(this.#next);
    // The button that was pressed may be gone: the first of what came is next.
    $("hits").children[first]?.firstElementChild.focus();
  }

  async #load(request) {
    const asked = this.#asked;
    $("hits-more").disabled = true;
    complain($("search-error"), "");
    try {
      const { hits, next } = await this.#app.session.call({ type: "search", ...request });
      if (asked !== this.#asked) return;
      this.#hits.push(...hits);
      this.#next = next ? { query: request.query, cursor: next } : null;
      this.#say(countOf(this.#hits.length, Boolean(next)));
      this.#draw();
    } catch (refused) {
      if (asked !== this.#asked) return;
      if (this.#hits.length === 0) this.#say("");
      complain($("search-error"), explain(refused));
    } finally {
      $("hits-more").disabled = false;
    }
  }

  #say(text) {
    write($("search-news"), text);
  }

  #draw() {
    const focused = [...$("hits").children].findIndex((row) => row.contains(document.activeElement));
    $("hits").replaceChildren(...this.#hits.map((hit) => this.#row(hit)));
    if (focused >= 0) ($("hits").children[focused]?.firstElementChild ?? $("query")).focus();
    $("hits-more").hidden = this.#next === null;
    this.render();
  }

  #row(hit) {
    const who = this.#senderOf(hit);
    const button = make(
      "button",
      { type: "button" },
      make("span", { class: "where" }),
      make("time", { class: "when", title: full(hit.at) }, short(hit.at)),
      make("span", { class: "excerpt", dir: "auto" }, make("b", {}, who && `${who}: `), ...this.#words(hit)),
    );
    button.onclick = () => this.#visit(hit);
    return make("li", {}, button);
  }

  #words({ text, file, deleted_at }) {
    if (deleted_at !== undefined) return [make("i", {}, DELETED)];
    const words = marked(gistOf(text), this.#terms);
    return file ? [...words, text ? " 📎 " : "📎 ", ...marked(safeLine(file.name), this.#terms)] : words;
  }

  /** Between two it is clear who it was, if not the user. */
  #senderOf({ conversation, from }) {
    const { summary } = this.#app.session.conversations.get(conversation) ?? {};
    if (from === this.#app.me) return "You";
    return summary && !isGroup(summary) ? "" : from;
  }

  #placeOf({ conversation }) {
    const known = this.#app.session.conversations.get(conversation);
    return known ? nameOf(known.summary, this.#app.me) : "a conversation";
  }

  async #visit(hit) {
    this.#visited = keyOf(hit);
    await this.#app.goTo(hit.conversation, hit.seq).catch((refused) => this.#app.notice.show(explain(refused)));
    this.render();
  }

  #handleKey(event) {
    if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") this.#leave();
    else if (step) this.#step(step);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  #leave() {
    this.#close();
    this.#app.composer.focus();
  }

  #step(by) {
    const buttons = [...$("hits").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement) + by;
    if (at < 0) $("query").focus();
    else buttons[at]?.focus();
  }
}

function keyOf({ conversation, seq }) {
  return `${conversation} ${seq}`;
}

function marked(line, terms) {
  return excerptOf(line, terms).map(({ text, isFound }) => (isFound ? make("mark", {}, text) : text));
}

function countOf(count, isMore) {
  if (count === 0) return "";
  if (isMore) return `The newest ${count} messages`;
  return count === 1 ? "One message" : `${count} messages, the newest first`;
}
