/** The file of a message as an element: what it is called, how large it is, the way to get it, and a preview of a picture. */

import { sizeText } from "./amounts.js";
import { make } from "./dom.js";
import { badgeOf, splitName, wordOf } from "./kinds.js";
import { createPreview } from "./preview.js";
import { safeLine } from "./text.js";

const ID = /^[0-9a-f]{16}$/;

/** Where a file is got. Nothing is asked for that is no id. */
export function pathOf({ id }) {
  return ID.test(id ?? "") ? `/api/files/${id}` : null;
}

/** A name that cannot turn what stands around it, and whose ending stays in sight. */
export function nameElement(name) {
  const [stem, ending] = splitName(safeLine(name));
  return make("span", { class: "file-name", title: stem + ending, dir: "ltr" }, make("bdi", { class: "stem" }, stem), make("bdi", {}, ending));
}

/** A sheet of paper with the name's ending on it. */
export function iconElement(name) {
  return make("span", { class: "file-icon", "aria-hidden": "true", "data-badge": badgeOf(name) });
}

/** @param {{id?: string, name: string, size: number, type: string}} file As the protocol tells it; without an id it is not there yet. */
export function createAttachment(file) {
  const about = make("span", { class: "file-about" }, `${sizeText(file.size)}, ${wordOf(file.type)}`);
  const words = make("span", { class: "file-words" }, nameElement(file.name), about);
  const chip = make("a", { class: "file" }, iconElement(file.name), words);
  return make("div", { class: "attachment" }, chip);
}

/**
 * Its file may be there now.
 * @param {(change: () => void) => void} settle Changes the height of something without moving what is read.
 */
export function updateAttachment(element, file, settle) {
  const path = pathOf(file);
  if (!path || element.dataset.path === path) return;
  element.dataset.path = path;
  const chip = element.querySelector(".file");
  chip.href = path;
  // What the server calls it counts, and a file that is gone leaves the page where it is.
  chip.download = "";
  chip.title = "Download";
  const preview = createPreview(file, path, settle);
  if (preview) element.prepend(preview);
}
