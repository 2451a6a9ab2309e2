/** A message's text as elements. They are made one by one, and what was typed is only ever their text. */

import { make } from "./dom.js";
import { besides, parse } from "./markup.js";

/**
 * @param {string} text
 * @returns {HTMLElement[]}
 */
export function formatted(text) {
  return parse(text).map(blockOf);
}

function blockOf({ text, quote, code }) {
  if (code) return codeOf(code);
  // Each text finds its own direction and cannot turn what stands around it.
  const element = make(quote ? "blockquote" : "p", { dir: "auto" });
  (text ?? quote).forEach((line, index) => element.append(...(index > 0 ? ["\n"] : []), ...line.map(spanOf)));
  return element;
}

function codeOf({ language, text }) {
  const code = make("code", {}, text);
  const name = language ? [make("span", { class: "language" }, language)] : [];
  return make("div", { class: "code" }, ...name, make("pre", { dir: "ltr", tabindex: "0", "aria-label": `Code ${language}`.trim() }, code));
}

function spanOf(span) {
  if (span.link) return linkOf(span);
  const { bold, italic, text, code } = span;
  let node = code === undefined ? document.createTextNode(text) : make("code", {}, code);
  if (italic) node = make("em", {}, node);
  if (bold) node = make("strong", {}, node);
  return node;
}

function linkOf(span) {
  const { link, host, label } = span;
  const anchor = make("a", { href: link, rel: "noopener noreferrer nofollow", target: "_blank" }, ...label.map(spanOf));
  // The space stays behind when the host goes to the next line.
  return host ? make("span", {}, anchor, " ", make("bdi", { class: "host", dir: "ltr" }, besides(span).trimStart())) : anchor;
}
