/** What one can do with the conversation that is shown as a whole: what of it calls one, the archive, a block; in a dialog. */

import { $, complain, write } from "./dom.js";
import { explain } from "./explain.js";
import { isGroup } from "./group.js";
import { canBlock, isArchived, preferencesIn } from "./preference.js";
import { daysOf, keptWords } from "./retention.js";
import { nameOf } from "./surroundings.js";

export class PreferencesDialog {
  #app;
  /** The conversation that the dialog is about. */
  #about = null;

  constructor(app) {
    this.#app = app;
    $("preferences-open").onclick = () => this.#open();
    $("preferences").onclose = () => {
      this.#about = null;
      app.composer.focus();
    };
    for (const box of this.#levels()) box.onchange = () => this.#prefer({ level: box.value });
    $("archive").onclick = () => this.#archive();
    $("block").onclick = () => this.#block();
    $("search-here").onclick = () => this.#search();
    $("blocking-yes").onclick = () => {
      $("blocking").close();
      this.#prefer({ blocked: true });
    };
    $("unblock").onclick = () => this.#unblock();
  }

  /** The conversation is not there any more. */
  close(id) {
    if (id !== this.#about) return;
    $("blocking").close();
    $("preferences").close();
  }

  render() {
    const { conversation, me, session, selected } = this.#app;
    if (!this.#about || this.#about !== selected || !conversation) return;
    const { summary } = conversation;
    const { level, blocked } = preferencesIn(summary);
    write($("preferences-title"), nameOf(summary, me));
    for (const box of this.#levels()) {
      box.checked = box.value === level;
      box.disabled = !session.online;
    }
    write($("preferences-kept"), keptWords(daysOf(summary, session.limits)));
    write($("archive"), isArchived(summary) ? "Bring it back from the archive" : "Put it into the archive");
    $("block").hidden = !canBlock(summary, me);
    write($("block"), blocked ? `Unblock ${summary.peer?.user}` : `Block ${summary.peer?.user}`);
    // Where nothing was said there is nothing to be put away.
    $("archive").disabled = !session.online || summary.head === 0;
    $("block").disabled = !session.online;
  }

  #levels() {
    return $("levels").querySelectorAll("input");
  }

  #open() {
    this.#about = this.#app.selected;
    complain($("preferences-error"), "");
    this.render();
    $("preferences").showModal();
  }

  #archive() {
    const archived = !isArchived(this.#app.conversation.summary);
    this.#prefer({ archived });
  }

  #block() {
    const { summary } = this.#app.conversation;
    if (summary.blocked) {
      this.#prefer({ blocked: false });
      return;
    }
    write($("blocking-title"), `Block ${summary.peer.user}?`);
    $("blocking").showModal();
  }

  #search() {
    const { summary } = this.#app.conversation;
    $("preferences").close();
    this.#app.search.open(`in:${isGroup(summary) ? `#${summary.name}` : summary.peer.user} `);
  }

  /** From the strip where one would write. */
  async #unblock() {
    await this.#app.session.prefer({ conversation: this.#app.selected }, { blocked: false }).catch((refused) => this.#app.notice.show(explain(refused)));
    this.#app.renderNow();
    this.#app.composer.focus();
  }

  async #prefer(change) {
    complain($("preferences-error"), "");
    await this.#app.session.prefer({ conversation: this.#about }, change).catch((refused) => complain($("preferences-error"), explain(refused)));
    // What was refused is shown as it is.
    this.#app.renderNow();
  }
}
