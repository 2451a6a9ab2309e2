/** Where one writes. */

import { Aim } from "./aim.js";
import { emojiChoices, nameChoices } from "./choices.js";
import { Completion } from "./completion.js";
import { $, complain, write } from "./dom.js";
import { expand, justCompleted, loadEmoji } from "./emoji.js";
import { hasGone } from "./names.js";
import { nameOf } from "./surroundings.js";

export class Composer {
  #app;
  #text = $("text");
  #completion;
  #aim;
  /** All shortcodes, once they are loaded. @type {Map<string, string>} */
  emoji = new Map();

  constructor(app) {
    this.#app = app;
    this.#aim = new Aim(app, () => this.#cancel());
    const names = nameChoices(app.people, () => document.activeElement === this.#text && this.#completion.update());
    this.#completion = new Completion(this.#text, [emojiChoices(() => this.emoji), names], () => {
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
      this.emoji = table;
    });
    addEventListener("pagehide", () => this.keepDraft());
  }

  focus() {
    if (!$("composer").hidden && !this.#text.disabled) this.#text.focus();
    else if (!$("scroller").hidden) $("scroller").focus();
  }

  /** Another text for a message is no draft of a new one: it is kept apart, and only as long as the page. */
  keepDraft() {
    const aim = this.#aim.current;
    if (aim?.kind === "edit") aim.text = this.#text.value;
    else if (this.#app.selected) this.#app.drafts.set(this.#app.selected, this.#text.value);
  }

  takeDraft() {
    const aim = this.#aim.current;
    this.#text.value = aim?.kind === "edit" ? aim.text : this.#app.drafts.get(this.#app.selected);
    complain($("composer-error"), "");
    this.#aim.render();
    this.#changed();
  }

  /** What is written from here on answers this message. */
  reply(seq) {
    this.#turn({ kind: "reply", seq });
  }

  /** What is written from here on replaces this message's text. */
  edit(seq) {
    const { text } = this.#app.messageOf(seq);
    this.#turn({ kind: "edit", seq, text });
  }

  #turn(aim) {
    this.keepDraft();
    const isOther = aim.kind === "edit" || this.#aim.current?.kind === "edit";
    this.#aim.current = aim;
    if (isOther) this.takeDraft();
    this.#aim.render();
    this.focus();
    this.#text.setSelectionRange(this.#text.value.length, this.#text.value.length);
  }

  #cancel() {
    this.#leave();
    this.focus();
  }

  /** What is written from here on is a message of its own: the one that was begun before an edit. */
  #leave() {
    const wasEdit = this.#aim.current?.kind === "edit";
    if (wasEdit) this.#app.writes("");
    this.#aim.current = undefined;
    if (wasEdit) this.takeDraft();
    this.#aim.render();
  }

  /** The message is deleted. What was written for it stays, where nothing else was begun. */
  #handleGone() {
    const { kind, text } = this.#aim.current;
    this.#leave();
    if (kind === "edit" && this.#text.value === "") {
      this.#text.value = text;
      this.keepDraft();
      this.#changed();
    }
    complain($("composer-error"), "The message was deleted meanwhile.");
  }

  render() {
    const { conversation, me } = this.#app;
    const isHidden = !conversation;
    if ($("composer").hidden !== isHidden) {
      $("composer").hidden = isHidden;
      if (!isHidden) this.#changed();
    }
    if (!conversation) return;
    write($("text-label"), `Message to ${nameOf(conversation.summary, me)}`);
    this.#renderBarred(conversation.summary);
    if (this.#aim.isGone) this.#handleGone();
    this.#aim.render();
  }

  /** To whom one has blocked nothing can be written, nor to whoever has gone. */
  #renderBarred(summary) {
    const isGone = hasGone(summary);
    const why = isGone ? "This account is deleted" : summary.blocked ? `You have blocked ${summary.peer?.user}` : "";
    const isBarred = why !== "";
    $("barred").hidden = !isBarred;
    $("unblock").hidden = isGone;
    $("timeline").classList.toggle("barred", isBarred);
    for (const control of [this.#text, $("attach"), $("send")]) control.disabled = isBarred;
    if (isBarred) write($("barred-words"), `${why}. ${isGone ? "Nobody would read it." : "Nothing passes between the two of you."}`);
    this.#text.placeholder = why || "Write a message";
  }

  #handleInput({ inputType, isComposing }) {
    const before = this.#text.value.slice(0, this.#text.selectionStart);
    if (inputType === "insertText" && !isComposing) {
      const found = justCompleted(before, this.emoji);
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
    } else if (event.key === "Escape" && this.#aim.current) {
      event.stopPropagation();
      this.#cancel();
    } else if (event.key === "ArrowUp" && !event.altKey && !event.shiftKey && this.#text.value === "" && !this.#aim.current) {
      const last = this.#app.lastOwn();
      if (!last) return;
      event.preventDefault();
      this.edit(last.seq);
    } else if (event.key === "PageUp" || event.key === "PageDown") {
      event.preventDefault();
      this.#app.timeline.scroll(event.key === "PageUp" ? -1 : 1);
    }
  }

  #send() {
    const text = expand(this.#text.value, this.emoji);
    const aim = this.#aim.current;
    const problem = aim?.kind === "edit" ? this.#problemOfEdit(text, aim) : this.#problem(text);
    if (problem !== null) {
      if (problem) complain($("composer-error"), problem);
      return;
    }
    try {
      if (aim?.kind === "edit") this.#saveEdit(text, aim);
      else this.#app.say(text.trim() ? text : "", aim?.seq);
    } catch (error) {
      complain($("composer-error"), `Not sent: ${error.message}.`);
      return;
    }
    if (aim?.kind !== "edit") {
      this.#text.value = "";
      this.#app.writes("");
      this.keepDraft();
      this.#changed();
    }
    this.#completion.close();
    this.#cancel();
  }

  #saveEdit(text, { seq }) {
    if (text !== this.#app.messageOf(seq)?.text) this.#app.pending.change(this.#app.selected, { kind: "edit", target: seq, text });
  }

  /** @returns {string | null} Why it cannot be sent; empty when there is nothing to be said about that, and null when it can. */
  #problem(text) {
    const hasFiles = this.#app.pending.stagedOf(this.#app.selected).length > 0;
    if (!text.trim() && !hasFiles) return "";
    return this.#problemOf(text);
  }

  #problemOfEdit(text, { seq }) {
    if (!text.trim() && !this.#app.messageOf(seq)?.file) return "A message cannot become empty. You can delete it instead.";
    return this.#problemOf(text);
  }

  #problemOf(text) {
    const { text_bytes_max: max } = this.#app.session.limits;
    if (text.includes("\0")) return "A message cannot hold the character NUL.";
    const bytes = bytesOf(text);
    if (bytes > max) return "This is too long for one message. Send it in parts.";
    return null;
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
