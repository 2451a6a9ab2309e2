/** The list of conversations, and the field that finds one or begins a new one. */

import { $, avatar, complain, make, reconcile, write } from "./dom.js";
import { explain } from "./explain.js";
import { deedOf, gist, newsOf } from "./gist.js";
import { isGroup } from "./group.js";
import { isName } from "./names.js";
import { isArchived, isMuted } from "./preference.js";
import { countOf, nameOf } from "./surroundings.js";
import { safeLine } from "./text.js";
import { presence, short } from "./time.js";
import { typingWords } from "./typists.js";

export class Sidebar {
  #app;
  /** The last message to each conversation that is not in its log yet. */
  #waiting = new Map();
  #isFinding = false;
  #wasOpen = false;

  constructor(app) {
    this.#app = app;
    $("account-open").append(avatar(app.me), make("span", {}, app.me));
    $("find").oninput = () => {
      complain($("find-error"), "");
      this.render();
    };
    $("find").onkeydown = (event) => this.#handleKey(event);
    $("find-form").onsubmit = (event) => {
      event.preventDefault();
      this.#begin(this.#wanted());
    };
    $("lists").onkeydown = (event) => this.#handleListKey(event);
  }

  focus() {
    if (this.#app.search.isOpen) {
      this.#app.search.focus();
      return;
    }
    $("find").focus();
    $("find").select();
  }

  /** The conversations that are shown, from the top down. */
  order() {
    const summaries = this.#summaries();
    const archived = $("archive-box").open || this.#wanted() ? summaries.filter(isArchived) : [];
    return [...summaries.filter((summary) => !isArchived(summary)), ...archived].map(({ conversation }) => conversation);
  }

  render() {
    const app = this.#app;
    const summaries = this.#summaries();
    this.#waiting = app.pending.lasts();
    const [archived, shown] = [summaries.filter(isArchived), summaries.filter((summary) => !isArchived(summary))];
    this.#list($("conversations"), shown);
    this.#list($("archived"), archived);
    const wanted = this.#wanted();
    $("archive-box").hidden = archived.length === 0;
    write($("archive-title"), `Archive (${archived.length})`);
    this.#openArchive(wanted !== "");
    const isKnown = summaries.some((summary) => calledIn(summary) === wanted);
    $("begin").hidden = !isName(wanted.replace(/^#/, "")) || isKnown;
    write($("begin"), wanted.startsWith("#") ? `Join ${wanted}` : `Begin with ${wanted}`);
    const isEmpty = summaries.length === 0 && !wanted;
    write($("conversations-hint"), isEmpty && app.session.synced ? "No conversations yet. Type somebody's name above and press Enter." : "");
  }

  /** What is looked for is not hidden; after that the archive is as it was. */
  #openArchive(isFinding) {
    if (isFinding === this.#isFinding) return;
    const box = $("archive-box");
    if (isFinding) this.#wasOpen = box.open;
    box.open = isFinding || this.#wasOpen;
    this.#isFinding = isFinding;
  }

  #list(list, summaries) {
    const rows = summaries.map((summary) => ({ key: summary.conversation, summary }));
    reconcile(list, rows, (row) => this.#create(row), (element, row) => this.#update(element, row));
  }

  #summaries() {
    const { session, selected, opened } = this.#app;
    const wanted = this.#wanted();
    const isUsed = ({ conversation, head }) => head > 0 || conversation === selected || opened.has(conversation);
    const isShown = (summary) => isUsed(summary) && calledIn(summary).includes(wanted);
    const at = ({ last }) => last?.at ?? Infinity;
    const summaries = [...session.conversations.values()].map(({ summary }) => summary).filter(isShown);
    // Two that were never used stand at the same, endless, time.
    return summaries.sort((a, b) => (at(a) === at(b) ? 0 : at(b) - at(a)));
  }

  #create({ summary }) {
    const button = make(
      "button",
      { type: "button" },
      avatar(nameOf(summary, this.#app.me)),
      make("span", { class: "name" }),
      make("span", { class: "dot unseen-text" }),
      make("time", { class: "when" }),
      make("span", { class: "preview" }),
      make("span", { class: "badges" }, make("span", { class: "calls" }), make("span", { class: "badge" }), make("span", { class: "unseen" })),
    );
    button.onclick = () => this.#choose(summary.conversation);
    return make("li", {}, button);
  }

  #update(element, { summary }) {
    const app = this.#app;
    const { conversation, peer, last } = summary;
    const button = element.firstElementChild;
    const [picture, name, dot, when, preview, badges] = button.children;
    const { unread, mentions } = app.newsOf(conversation);
    if (conversation === app.selected) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.classList.toggle("unread", unread > 0);
    button.classList.toggle("muted", isMuted(summary));
    button.classList.toggle("silent", summary.level === "none");
    // Without a connection nobody knows who is here.
    const isKnown = Boolean(peer) && app.session.online && !summary.blocked;
    dot.hidden = !isKnown;
    dot.classList.toggle("online", isKnown && peer.online);
    const called = nameOf(summary, app.me);
    if (name.textContent !== called) picture.replaceWith(avatar(called));
    write(name, called);
    write(dot, isKnown ? `, ${presence(peer)}` : "");
    write(when, last ? short(last.at) : "");
    const typing = typingWords(app.session.typing.in(conversation));
    preview.classList.toggle("typing", Boolean(typing));
    write(preview, typing || this.#preview(summary));
    const [calls, badge, muted] = badges.children;
    write(muted, isMuted(summary) ? " muted" : "");
    tally(calls, mentions, `@${countOf(mentions)}`, mentions === 1 ? " mention of you, " : " mentions of you, ");
    tally(badge, unread, countOf(unread), " unread");
  }

  #preview(summary) {
    const { conversation, last } = summary;
    const app = this.#app;
    const draft = conversation === app.selected ? "" : app.drafts.get(conversation);
    if (draft) return `Draft: ${safeLine(draft.slice(0, 200))}`;
    const staged = conversation === app.selected ? [] : app.pending.uploadsOf(conversation).filter(({ record }) => !record.batch);
    if (staged.length > 0) return `Draft: ${gist({ text: "", file: staged[0].record })}`;
    const waiting = this.#waiting.get(conversation);
    if (waiting) return `${waiting.failed ? "✗ Not sent" : "◌ Waits"}: ${deedOf(waiting) ?? gist(waiting)}`;
    return last ? newsOf(last, app.me, isGroup(summary)) : "";
  }

  #wanted() {
    return $("find").value.trim().toLowerCase();
  }

  #choose(id) {
    $("find").value = "";
    complain($("find-error"), "");
    this.#app.select(id);
  }

  async #begin(name) {
    if (!name) return;
    const isGroupName = name.startsWith("#");
    if (!isName(name.replace(/^#/, ""))) {
      complain($("find-error"), `This cannot be ${isGroupName ? "a group's" : "anybody's"} name.`);
      return;
    }
    try {
      if (isGroupName) await this.#app.join(name.slice(1));
      else await this.#app.begin(name);
      $("find").value = "";
      complain($("find-error"), "");
      this.#app.render();
    } catch (refused) {
      complain($("find-error"), refused.code === "unknown_user" ? `Nobody is called ${name}.` : explain(refused));
    }
  }

  #handleKey(event) {
    if (event.isComposing) return;
    const [first] = this.order();
    if (event.key === "Enter") {
      event.preventDefault();
      const exact = this.#summaries().find((summary) => calledIn(summary) === this.#wanted());
      if (!this.#wanted()) return;
      if (exact || first) this.#choose(exact?.conversation ?? first);
      else this.#begin(this.#wanted());
    } else if (event.key === "ArrowDown" && this.#rows().length > 0) {
      event.preventDefault();
      this.#rows()[0]?.focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      $("find").value = "";
      complain($("find-error"), "");
      this.render();
      this.#app.composer.focus();
    }
  }

  /** All that the arrows lead to: conversations, and what opens the archive. */
  #rows() {
    return [...$("lists").querySelectorAll("button, summary")].filter((row) => row.checkVisibility());
  }

  #handleListKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey) return;
    event.preventDefault();
    const buttons = this.#rows();
    const at = buttons.indexOf(document.activeElement) + step;
    if (at < 0) $("find").focus();
    else buttons[at]?.focus();
  }
}

/** Shows how many there are, with words for those who listen. */
function tally(element, count, text, words) {
  element.hidden = count === 0;
  if (count === 0 || element.dataset.count === String(count)) return;
  element.dataset.count = count;
  element.replaceChildren(text, make("span", { class: "unseen" }, words));
}

/** What is looked for in a conversation's name. */
function calledIn({ kind, name, peer }) {
  return kind === "group" ? `#${name}` : (peer?.user ?? "");
}
