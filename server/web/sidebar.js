/** The list of conversations, and the field that finds one or begins a new one. */

import { laneOf } from "./body.js";
import { $, avatar, complain, make, reconcile, write } from "./dom.js";
import { explain } from "./explain.js";
import { deedOf, gist, newsOf } from "./gist.js";
import { isGroup } from "./group.js";
import { isName } from "./names.js";
import { countOf, nameOf } from "./surroundings.js";
import { safeLine } from "./text.js";
import { presence, short } from "./time.js";
import { typingWords } from "./typists.js";

export class Sidebar {
  #app;
  /** The last message to each conversation that is not in its log yet. */
  #waiting = new Map();

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
    $("conversations").onkeydown = (event) => this.#handleListKey(event);
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
    return this.#summaries().map(({ conversation }) => conversation);
  }

  render() {
    const app = this.#app;
    const summaries = this.#summaries();
    const rows = summaries.map((summary) => ({ key: summary.conversation, summary }));
    this.#waiting = app.pending.lasts();
    reconcile($("conversations"), rows, (row) => this.#create(row), (element, row) => this.#update(element, row));
    const wanted = this.#wanted();
    const isKnown = summaries.some((summary) => calledIn(summary) === wanted);
    $("begin").hidden = !isName(wanted.replace(/^#/, "")) || isKnown;
    write($("begin"), wanted.startsWith("#") ? `Join ${wanted}` : `Begin with ${wanted}`);
    const isEmpty = rows.length === 0 && !wanted;
    write($("conversations-hint"), isEmpty && app.session.synced ? "No conversations yet. Type somebody's name above and press Enter." : "");
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
      make("span", { class: "badge" }),
    );
    button.onclick = () => this.#choose(summary.conversation);
    return make("li", {}, button);
  }

  #update(element, { summary }) {
    const app = this.#app;
    const { conversation, peer, last } = summary;
    const button = element.firstElementChild;
    const [picture, name, dot, when, preview, badge] = button.children;
    const unread = app.unreadOf(conversation);
    if (conversation === app.selected) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
    button.classList.toggle("unread", unread > 0);
    // Without a connection nobody knows who is here.
    const isKnown = Boolean(peer) && app.session.online;
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
    badge.hidden = unread === 0;
    if (unread > 0 && badge.dataset.count !== String(unread)) {
      badge.dataset.count = unread;
      badge.replaceChildren(countOf(unread), make("span", { class: "unseen" }, " unread"));
    }
  }

  #preview(summary) {
    const { conversation, last } = summary;
    const app = this.#app;
    const draft = conversation === app.selected ? "" : app.drafts.get(conversation);
    if (draft) return `Draft: ${safeLine(draft.slice(0, 200))}`;
    const staged = conversation === app.selected ? [] : app.pending.uploadsOf(conversation).filter(({ record }) => !record.batch);
    if (staged.length > 0) return `Draft: ${gist({ text: "", file: staged[0].record })}`;
    const waiting = this.#waiting.get(laneOf(app.targetOf(conversation)));
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
    } else if (event.key === "ArrowDown" && first) {
      event.preventDefault();
      $("conversations").querySelector("button").focus();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      $("find").value = "";
      complain($("find-error"), "");
      this.render();
      this.#app.composer.focus();
    }
  }

  #handleListKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || event.altKey) return;
    event.preventDefault();
    const buttons = [...$("conversations").querySelectorAll("button")];
    const at = buttons.indexOf(document.activeElement) + step;
    if (at < 0) $("find").focus();
    else buttons[at]?.focus();
  }
}

/** What is looked for in a conversation's name. */
function calledIn({ kind, name, peer }) {
  return kind === "group" ? `#${name}` : (peer?.user ?? "");
}
