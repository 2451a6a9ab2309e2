/** The list of emoji that opens while a shortcode is typed. */

import { $, make } from "./dom.js";
import { begun, complete } from "./emoji.js";

const SHOWN_MAX = 8;

export class Completion {
  /** @type {Map<string, string>} */
  table = new Map();
  #list = $("completion");
  #text;
  #changed;
  #found = [];
  #chosen = 0;

  /**
   * @param {HTMLTextAreaElement} text
   * @param {() => void} changed Called when a completion has been put into the text.
   */
  constructor(text, changed) {
    this.#text = text;
    this.#changed = changed;
    this.#text.addEventListener("blur", () => this.close());
  }

  /** The text has changed. */
  update() {
    const prefix = begun(this.#before());
    this.#found = prefix ? complete(prefix, this.table, SHOWN_MAX) : [];
    this.#chosen = 0;
    this.#render();
  }

  close() {
    this.#found = [];
    this.#render();
  }

  /** @returns {boolean} Whether the key was meant for the list. */
  handleKey(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const isAccepted = event.key === "Enter" || (event.key === "Tab" && !event.shiftKey);
    const isMeant = this.#found.length > 0 && !event.altKey && !event.ctrlKey && (step || isAccepted || event.key === "Escape");
    if (!isMeant) return false;
    event.preventDefault();
    event.stopPropagation();
    if (step) {
      this.#chosen = (this.#chosen + step + this.#found.length) % this.#found.length;
      this.#render();
    } else if (isAccepted) this.#accept(this.#chosen);
    else this.close();
    return true;
  }

  #accept(index) {
    const before = this.#before();
    const start = before.lastIndexOf(":");
    this.#text.setRangeText(this.#found[index][1], start, before.length, "end");
    this.close();
    this.#changed();
  }

  #before() {
    return this.#text.value.slice(0, this.#text.selectionStart);
  }

  #render() {
    const isOpen = this.#found.length > 0;
    this.#list.hidden = !isOpen;
    this.#list.replaceChildren(...this.#found.map((found, index) => this.#option(found, index)));
    if (isOpen) this.#text.setAttribute("aria-activedescendant", `completion-${this.#chosen}`);
    else this.#text.removeAttribute("aria-activedescendant");
  }

  #option([code, emoji], index) {
    const isChosen = index === this.#chosen;
    const option = make(
      "li",
      { role: "option", id: `completion-${index}`, "aria-selected": String(isChosen) },
      make("span", { class: "emoji" }, emoji),
      `:${code}:`,
    );
    // Not on click: the text must not lose the focus before.
    option.onmousedown = (event) => {
      event.preventDefault();
      this.#accept(index);
    };
    return option;
  }
}
