/** Above the composer: the files that wait to be sent, or are on their way. */

import { iconElement, nameElement } from "./attachment.js";
import { $, make, reconcile, write } from "./dom.js";
import { milestoneOf, statusOf } from "./progress.js";
import { safeLine } from "./text.js";

const AGAIN_MS = 1_000;

export class Tray {
  #app;
  #frame = 0;
  #next = 0;
  /** @type {Map<string, string>} What was last read out of each upload. */
  #told = new Map();

  constructor(app) {
    this.#app = app;
  }

  /** Soon: progress comes often, and one picture of it per frame is enough. */
  renderSoon() {
    if (!document.hidden) this.#frame ||= requestAnimationFrame(() => this.render());
  }

  render() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    // What was sent and has failed stands in the conversation, with what can be done about it.
    const here = this.#app.conversation ? this.#app.pending.uploadsOf(this.#app.selected) : [];
    const uploads = here.filter(({ record, state }) => !(record.batch && state === "failed"));
    const rows = uploads.map((upload) => ({ key: upload.id, upload }));
    $("tray").hidden = rows.length === 0;
    reconcile($("tray"), rows, (row) => this.#create(row), update);
    this.#tell(uploads);
    clearTimeout(this.#next);
    // That nothing moves is seen as well.
    if (uploads.some(({ state }) => state === "running")) this.#next = setTimeout(() => this.renderSoon(), AGAIN_MS);
  }

  #create({ upload }) {
    const { name, size } = upload.record;
    const safe = safeLine(name);
    const cancel = make("button", { type: "button", class: "round cancel", "aria-label": `Cancel ${safe}`, title: "Cancel" }, "×");
    const again = make("button", { type: "button", class: "link again" });
    cancel.onclick = () => this.#act(() => this.#app.client.uploader.cancel(upload));
    again.onclick = () => {
      if (upload.needsFile) this.#app.picking.chooseAgain(upload);
      else this.#act(() => this.#app.client.uploader.retry(upload));
    };
    return make(
      "li",
      {},
      iconElement(name),
      make("div", { class: "file-words" }, nameElement(name), make("span", { class: "file-about" })),
      make("progress", { max: String(Math.max(1, size)), "aria-label": `How much of ${safe} is there` }),
      again,
      cancel,
    );
  }

  /** The button goes with what it is about, and must not take the focus along. */
  #act(act) {
    act();
    this.#app.composer.focus();
  }

  /** Reads out what is worth it, of this conversation only. */
  #tell(uploads) {
    const news = [];
    for (const upload of uploads) {
      const milestone = milestoneOf(upload);
      const isNew = milestone && this.#told.get(upload.id) !== milestone;
      if (isNew) news.push(`${safeLine(upload.record.name)}: ${milestone}`);
      this.#told.set(upload.id, milestone);
    }
    if (news.length > 0) write($("tray-news"), news.join(". "));
    if (this.#app.client.uploader.uploads.all.length === 0) this.#told.clear();
  }
}

function update(element, { upload }) {
  const { record, state, bytes, needsFile } = upload;
  const [, words, bar, again] = element.children;
  element.className = `upload ${state}`;
  write(words.lastElementChild, statusOf(upload, Date.now()));
  bar.value = record.size === 0 ? 1 : bytes;
  bar.hidden = state === "whole" || state === "failed";
  again.hidden = !(state === "failed" || (needsFile && state !== "running")) || (needsFile && Boolean(record.pasted));
  write(again, needsFile ? "Choose it again" : "Try again");
}
