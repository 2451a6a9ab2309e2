/** The list that opens while something is typed that can be completed: an emoji's shortcode, or somebody's name. */

import { $, make } from "./dom.js";

const SHOWN_MAX = 8;

/**
 * @typedef {{text: string, label: string, picture: Element}} Choice What is put into the text, and how it is offered.
 * @typedef {object} Source
 * @property {string} label What its choices are.
 * @property {(before: string) => {start: number, beginning: string} | null} begun What is being typed at the end of a text, and where it begins.
 * @property {(beginning: string, count: number) => Choice[]} find
 */

export class Completion {
  #list = $("completion");
  #text;
  #sources;
  #changed;
  /** @type {Choice[]} */
  #found = [];
  #chosen = 0;
  /** Where in the text stands what is completed. */
  #start = 0;

  /**
   * @param {HTMLTextAreaElement} text
   * @param {Source[]} sources
   * @param {() => void} changed Called when a completion has been put into the text.
   */
  constructor(text, sources, changed) {
    this.#text = text;
    this.#sources = sources;
    this.#changed = changed;
    this.#text.addEventListener("blur", () => this.close());
  }

  /** The text has changed, or there is more to choose from. */
  update() {
    const before = this.#before();
    this.#found = [];
    this.#chosen = 0;
    for (const { label, begun, find } of this.#sources) {
      const place = begun(before);
      if (!place || this.#found.length > 0) continue;
      this.#start = place.start;
      this.#found = find(place.beginning, SHOWN_MAX);
      this.#list.setAttribute("aria-label", label);
    }
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
    this.#text.setRangeText(this.#found[index].text, this.#start, this.#before().length, "end");
    this.close();
    this.#changed();
  }

  #before() {
    return this.#text.value.slice(0, this.#text.selectionStart);
  }

  #render() {
    const isOpen = this.#found.length > 0;
    this.#list.hidden = !isOpen;
    this.#list.replaceChildren(...this.#found.map((choice, index) => this.#option(choice, index)));
    if (isOpen) this.#text.setAttribute("aria-activedescendant", `completion-${this.#chosen}`);
    else this.#text.removeAttribute("aria-activedescendant");
  }

  #option({ label, picture }, index) {
    const isChosen = index === this.#chosen;
    const option = make("li", { role: "option", id: `completion-${index}`, "aria-selected": String(isChosen) }, picture, make("span", {}, label));
    // Not on click: the text must not lose the focus before.
    option.onmousedown = (event) => {
      event.preventDefault();
      this.#accept(index);
    };
    return option;
  }
}
