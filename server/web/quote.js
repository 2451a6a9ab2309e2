/** The message that another one answers, above it: a button that leads there. */

import { make, write } from "./dom.js";
import { gist } from "./gist.js";

/** @param {Element} content Of the message. @param {{seq: number, from?: string, text?: string, file?: string, deleted?: boolean}} [quote] */
export function updateQuote(content, quote) {
  let element = content.querySelector(".quote");
  if (!quote) {
    element?.remove();
    return;
  }
  if (!element) {
    element = make("button", { type: "button", class: "quote", "data-act": "origin", title: "Go to this message" }, make("b", {}), make("span", {}));
    content.prepend(element);
  }
  element.dataset.origin = quote.seq;
  const [from, words] = element.children;
  write(from, quote.from ?? "");
  write(words, quote.from ? wordsOf(quote) : "an earlier message");
  words.classList.toggle("gone", Boolean(quote.deleted));
}

function wordsOf({ text, file, deleted }) {
  return gist({ text, file: file && { name: file }, deleted_at: deleted ? 0 : undefined });
}
