/** The public groups, in a dialog: each can be joined, or opened when one is in it. */

import { $, complain, make, write } from "./dom.js";
import { explainGroup } from "./explain.js";
import { memberCount } from "./group.js";
import { safeLine } from "./text.js";

export class Browse {
  #app;
  /** Pages that come after the dialog was opened anew are not wanted any more. */
  #opening = 0;

  constructor(app) {
    this.#app = app;
    $("browse-open").onclick = () => this.#open();
    $("browse").onclose = () => app.composer.focus();
  }

  #open() {
    this.#opening += 1;
    $("browse-list").replaceChildren();
    $("browse-more").hidden = true;
    write($("browse-hint"), "Loading…");
    complain($("browse-error"), "");
    $("browse").showModal();
    this.#load(null);
  }

  async #load(after) {
    const opening = this.#opening;
    $("browse-more").hidden = true;
    try {
      const { groups, more } = await this.#app.session.call({ type: "groups", ...(after && { after }) });
      if (opening !== this.#opening) return;
      const rows = groups.map((group) => this.#row(group));
      $("browse-list").append(...rows);
      write($("browse-hint"), $("browse-list").childElementCount === 0 ? "There are no public groups yet." : "");
      // The button that was pressed goes: the first of what came is next.
      if (after) rows[0]?.querySelector("button").focus();
      $("browse-more").hidden = !more;
      $("browse-more").onclick = () => this.#load(groups.at(-1).name);
    } catch (refused) {
      if (opening !== this.#opening) return;
      write($("browse-hint"), "");
      complain($("browse-error"), explainGroup(refused));
    }
  }

  #row({ conversation, name, topic = "", members, joined }) {
    const button = make("button", { type: "button", "aria-label": `${joined ? "Open" : "Join"} #${name}` }, joined ? "Open" : "Join");
    button.onclick = () => this.#enter(button, { conversation, name });
    const about = make("small", {}, topic ? `${memberCount(members)} · ${safeLine(topic)}` : memberCount(members));
    return make("li", {}, make("span", { class: "entry" }, make("b", {}, `#${name}`), about), button);
  }

  async #enter(button, { conversation, name }) {
    button.disabled = true;
    complain($("browse-error"), "");
    try {
      const { session } = this.#app;
      if (session.conversations.has(conversation)) this.#app.select(conversation);
      else await this.#app.join(name);
      $("browse").close();
    } catch (refused) {
      complain($("browse-error"), explainGroup(refused));
      button.disabled = false;
    }
  }
}
