/** Where one writes. */

import { Completion } from "./completion.js";
import { $, complain, write } from "./dom.js";
import { expand, justCompleted, loadEmoji } from "./emoji.js";
import { nameOf } from "./surroundings.js";

export class Composer {
  #app;
  #text = $("text");
  #completion;
  #emoji = new Map();

  constructor(app) {
    this.#app = app;
    this.#completion = new Completion(this.#text, () => {
      this.#changed();
      this.keepDraft();
    });
    this.#text.oninput = (event) => this.#handleInput(event);
    this.#text.onkeydown = (event) => this.#handleKey(event);
    $("composer").onsubmit = (event) => {
      event.preventDefault();
      this.#send();
    };
    loadEmoji().then((table) => {
      this.#emoji = table;
      this.#completion.table = table;
    });
    addEventListener("pagehide", () => this.keepDraft());
  }

  focus() {
    if (!$("composer").hidden) this.#text.focus();
  }

  keepDraft() {
    if (this.#app.selected) this.#app.drafts.set(this.#app.selected, this.#text.value);
  }

  takeDraft() {
    this.#text.value = this.#app.drafts.get(this.#app.selected);
    complain($("composer-error"), "");
    this.#changed();
  }

  render() {
    const { conversation, me } = this.#app;
    const isHidden = !conversation;
    if ($("composer").hidden !== isHidden) {
      $("composer").hidden = isHidden;
      if (!isHidden) this.#changed();
    }
    if (conversation) write($("text-label"), `Message to ${nameOf(conversation.summary, me)}`);
  }

  #handleInput({ inputType, isComposing }) {
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    if (inputType === "insertText" && !isComposing) {
      const found = justCompleted(before, this.#emoji);
      if (found) this.#text.setRangeText(found.emoji, before.length - found.length, before.length, "end");
    }
    complain($("composer-error"), "");
    this.#changed();
    this.#completion.update();
    this.#app.writes(this.#text.value);
    this.keepDraft();
  }

  #handleKey(event) {
    // An input method takes Enter for itself.
    if (event.isComposing || this.#completion.handleKey(event)) return;
    // With an on-screen keyboard Enter is the only way to a new line, and there is a button to send.
    const sends = event.key === "Enter" && !event.shiftKey && !matchMedia("(pointer: coarse)").matches;
    if (sends) {
      event.preventDefault();
      this.#send();
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      this.#app.timeline.scroll(event.key === "PageUp" ? -1 : 1);
    }
  }

  #send() {
    const text = expand(this.#text.value, this.#emoji);
    const hasFiles = this.#app.pending.stagedOf(this.#app.selected).length > 0;
    if (!text.trim() && !hasFiles) return;
    const problem = this.#problem(text);
    if (problem) {
      complain($("composer-error"), problem);
      return;
    }
    try {
      this.#app.say(text.trim() ? text : "");
    } catch (error) {
      complain($("composer-error"), `Not sent: ${error.message}.`);
      return;
    }
    this.#text.value = "";
    this.#app.writes("");
    this.keepDraft();
    this.#changed();
    this.#completion.close();
    this.focus();
  }

  #problem(text) {
    const { text_bytes_max: max } = this.#app.session.limits;
    if (text.includes("\0")) return "A message cannot hold the character NUL.";
    const bytes = bytesOf(text);
    if (bytes > max) return "This is too long for one message. Send it in parts.";
    return "";
  }

  #changed() {
    // As high as its text, up to what the style allows.
    this.#text.style.height = "auto";
    this.#text.style.height = `${this.#text.scrollHeight + 2}px`;
    const { text_bytes_max: max } = this.#app.session.limits;
    const bytes = bytesOf(this.#text.value);
    // From nine tenths of it on, the size is shown.
    $("size").hidden = bytes * 10 <= max * 9;
    $("size").classList.toggle("error", bytes > max);
    write($("size"), `${number(bytes)} of ${number(max)} bytes`);
  }
}

function bytesOf(text) {
  return new TextEncoder().encode(text).length;
}

function number(count) {
  return count.toLocaleString("en-GB");
}
