/** What files are, in words, and which of them may be shown. Pure. */

/** The types that the server tells (`server/src/files/media.rs`); everything else is only bytes to it. */
const WORDS = {
  "image/png": "PNG picture",
  "image/jpeg": "JPEG picture",
  "image/gif": "GIF picture",
  "image/webp": "WebP picture",
  "text/plain": "text",
  "application/pdf": "PDF",
  "audio/mpeg": "MP3 sound",
  "audio/ogg": "Ogg sound",
  "video/mp4": "MP4 video",
  "video/webm": "WebM video",
  "application/zip": "ZIP archive",
  "application/gzip": "gzip archive",
};

/** Pictures that are made of pixels and nothing else. SVG is a document, and not among them. */
const PICTURES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** A larger picture is not loaded unless somebody asks for it. */
const PREVIEW_BYTES_MAX = 16 * 1024 * 1024;

export const BYTES = "application/octet-stream";

/** The type as the server will tell it. @param {string} said */
export function typeOf(said) {
  return Object.hasOwn(WORDS, said) ? said : BYTES;
}

/** @param {string} type */
export function wordOf(type) {
  return Object.hasOwn(WORDS, type) ? WORDS[type] : "file";
}

/** Whether it may be looked at: what it says that it is, and how much that would load. */
export function mayPreview({ type, size }) {
  return PICTURES.has(type) && size > 0 && size <= PREVIEW_BYTES_MAX;
}

/** What stands on its icon: a short ending. */
export function badgeOf(name) {
  return /\.([a-z0-9]{1,4})$/i.exec(name)?.[1].toUpperCase() ?? "";
}

/**
 * A name in two parts, so that its end stays in sight where the whole is too long: an ending says what a file is.
 * @returns {[string, string]}
 */
export function splitName(name) {
  const [ending] = /\.[^.\s]{1,10}$/u.exec(name) ?? [""];
  return ending.length < name.length ? [name.slice(0, name.length - ending.length), ending] : [name, ""];
}
