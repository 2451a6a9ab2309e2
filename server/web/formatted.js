/** A message's text as elements. They are made one by one, and what was typed is only ever their text. */

import { make } from "./dom.js";
import { besides, parse } from "./markup.js";
import { mentionsIn } from "./mention.js";

/**
 * @param {string} text
 * @param {string[]} [names] Of those whom it mentions.
 * @param {string} [me] Whose name is louder than the others.
 * @returns {HTMLElement[]}
 */
export function formatted(text, names = [], me = "") {
  return parse(text).map((block) => blockOf(block, { names, me }));
}

function blockOf({ text, quote, code }, people) {
  if (code) return codeOf(code);
  // Each text finds its own direction and cannot turn what stands around it.
  const element = make(quote ? "blockquote" : "p", { dir: "auto" });
  (text ?? quote).forEach((line, index) => element.append(...(index > 0 ? ["\n"] : []), ...line.flatMap((span) => spanOf(span, people))));
  return element;
}

function codeOf({ language, text }) {
  const code = make("code", {}, text);
  const name = language ? [make("span", { class: "language" }, language)] : [];
  return make("div", { class: "code" }, ...name, make("pre", { dir: "ltr", tabindex: "0", "aria-label": `Code ${language}`.trim() }, code));
}

function spanOf(span, people) {
  if (span.link) return linkOf(span);
  const { bold, italic, text, code } = span;
  let nodes = code === undefined ? wordsOf(text, people) : [make("code", {}, code)];
  if (italic) nodes = [make("em", {}, ...nodes)];
  if (bold) nodes = [make("strong", {}, ...nodes)];
  return nodes;
}

function wordsOf(text, { names, me } = { names: [] }) {
  return mentionsIn(text, names).map((piece) => (piece.name ? make("span", { class: piece.name === me ? "mention loud" : "mention" }, `@${piece.name}`) : piece.text));
}

function linkOf(span) {
  const { link, host, label } = span;
  const anchor = make("a", { href: link, rel: "noopener noreferrer nofollow", target: "_blank" }, ...label.flatMap((part) => spanOf(part)));
  // The space stays behind when the host goes to the next line.
  return [host ? make("span", {}, anchor, " ", make("bdi", { class: "host", dir: "ltr" }, besides(span).trimStart())) : anchor];
}
