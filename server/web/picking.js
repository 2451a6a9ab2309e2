/** How files come into the page: chosen, dropped or pasted. */

import { sizeText } from "./amounts.js";
import { $, complain, write } from "./dom.js";
import { typeOf } from "./kinds.js";
import { nameOf } from "./surroundings.js";
import { safeLine } from "./text.js";

/** What a drag or a clipboard calls them. */
const FILES = "Files";

export class Picking {
  #app;
  /** The upload whose file is being chosen again. */
  #awaited = null;

  constructor(app) {
    this.#app = app;
    $("attach").onclick = () => this.#open(null);
    $("file").onchange = () => this.#chosen();
    document.addEventListener("paste", (event) => this.#handlePaste(event));
    for (const type of ["dragenter", "dragover", "dragleave", "drop"]) {
      addEventListener(type, (event) => this.#handleDrag(event));
    }
  }

  /** Asks for the file of an upload that began on an earlier page. */
  chooseAgain(upload) {
    this.#open(upload);
  }

  #open(upload) {
    this.#awaited = upload;
    $("file").multiple = !upload;
    $("file").value = "";
    $("file").click();
  }

  #chosen() {
    const files = [...$("file").files];
    const upload = this.#awaited;
    this.#awaited = null;
    // The same file can be chosen once more.
    const isAnother = upload && files.length > 0 && !files.some((file) => upload.awaits(file));
    if (isAnother) {
      const { name, size } = upload.record;
      complain($("composer-error"), `That is another file, or it has changed: ${safeLine(name)} had ${sizeText(size)}.`);
    } else this.#take(files);
    $("file").value = "";
  }

  #handlePaste(event) {
    const { clipboardData: data, target } = event;
    const isElsewhere = target.matches?.("input, textarea") && target !== $("text");
    if (!data || isElsewhere || document.querySelector("dialog[open]") || !this.#app.conversation) return;
    if (!takesFiles([...data.types])) return;
    event.preventDefault();
    this.#take([...data.files], { pasted: true });
  }

  #handleDrag(event) {
    const { dataTransfer: data, type, target, relatedTarget } = event;
    if (!data?.types.includes(FILES)) return;
    // Whatever happens, the page does not go away to show the file.
    event.preventDefault();
    const { summary } = this.#app.conversation ?? {};
    const isHere = Boolean(summary) && !summary.blocked && $("talk").contains(target) && !document.querySelector("dialog[open]");
    data.dropEffect = isHere ? "copy" : "none";
    const isLeft = type === "drop" || (type === "dragleave" && !$("talk").contains(relatedTarget));
    this.#showTarget(isHere && !isLeft);
    if (type !== "drop" || !isHere) return;
    const items = [...data.items].filter(({ kind }) => kind === "file");
    const files = items.filter((item) => !isFolder(item)).map((item) => item.getAsFile());
    this.#take(files.filter(Boolean));
    if (files.length < items.length) complain($("composer-error"), "A folder cannot be sent. Pack it into one file first.");
  }

  #showTarget(isShown) {
    $("drop").hidden = !isShown;
    const { conversation, me } = this.#app;
    if (isShown) write($("drop-words"), `Drop to send to ${nameOf(conversation.summary, me)}`);
  }

  #take(files, { pasted = false } = {}) {
    if (files.length === 0 || this.#app.conversation.summary.blocked) return;
    const problems = files.map((file) => this.#add(file, pasted)).filter(Boolean);
    complain($("composer-error"), problems.join(" "));
    this.#app.composer.focus();
  }

  /** @returns {string | undefined} What is wrong with it. */
  #add(file, pasted) {
    const { session, client, selected, pending } = this.#app;
    const { uploader } = client;
    const name = pasted ? nameOfPasted(file, new Date()) : file.name;
    const waiting = pending.uploadsOf(selected).find((upload) => upload.awaits(file));
    const problem = tooLarge(safeLine(name), file.size, session.limits.file_bytes_max);
    if (problem) return problem;
    try {
      if (waiting) uploader.resume(waiting, file);
      else uploader.add(selected, file, { name, type: typeOf(file.type), pasted });
    } catch (error) {
      return `${safeLine(name)} cannot be sent: ${error.message}.`;
    }
    return undefined;
  }
}

function isFolder(item) {
  return Boolean(item.webkitGetAsEntry?.()?.isDirectory);
}

/** Whether a paste is meant as files. What is copied from a text or a table brings a picture of itself along. */
export function takesFiles(types) {
  return types.includes(FILES) && !(types.includes("text/plain") && types.includes("text/html"));
}

/** A picture from the clipboard has no name of its own. */
export function nameOfPasted({ name }, now) {
  const [, ending] = /^image(\.\w+)$/.exec(name) ?? [];
  if (!ending) return name;
  const at = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString();
  return `picture ${at.slice(0, 10)} ${at.slice(11, 19).replaceAll(":", ".")}${ending}`;
}

/** @param {number | undefined} max Unknown before the first welcome; then the server says it. */
export function tooLarge(name, size, max) {
  if (max === 0) return "This server takes no files.";
  if (max === undefined || size <= max) return "";
  const has = sizeText(size) === sizeText(max) ? `${size.toLocaleString("en-GB")} bytes` : sizeText(size);
  return `${name} has ${has}, and a file is at most ${sizeText(max)} here. It was not sent.`;
}
