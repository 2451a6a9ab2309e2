/**
 * What the composer is about, in each conversation: a message of its own, an answer to one, or another text for one. A strip above the field
 * says which.
 */

import { $, write } from "./dom.js";
import { gist } from "./gist.js";

export class Aim {
  #app;
  /** @type {Map<string, {kind: "reply" | "edit", seq: number, text?: string}>} By conversation; an edit with what was written so far. */
  #aims = new Map();

  constructor(app, cancel) {
    this.#app = app;
    $("aim-cancel").onclick = cancel;
  }

  /** The one of the conversation that is shown; nothing for a message of its own. */
  get current() {
    return this.#aims.get(this.#app.selected);
  }

  set current(aim) {
    if (aim) this.#aims.set(this.#app.selected, aim);
    else this.#aims.delete(this.#app.selected);
  }

  /** The message that it names; nothing when that is deleted. What is not loaded is believed to be there. */
  get isGone() {
    const message = this.current && this.#app.messageOf(this.current.seq);
    return message?.deleted_at !== undefined;
  }

  render() {
    const { current } = this;
    $("aim").hidden = !current;
    const message = current && this.#app.messageOf(current.seq);
    write($("aim-gist"), message ? gist(message) : "");
    if (!current) return;
    const whose = message?.from === this.#app.me ? "yourself" : (message?.from ?? "a message");
    write($("aim-what"), current.kind === "edit" ? "Edit your message" : `Reply to ${whose}`);
  }
}
