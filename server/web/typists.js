/** Who is typing, in the header of the conversation. */

import { $, write } from "./dom.js";

/** Who listens to the page is told of one who types, and then not again for a while, however often they pause. */
const ANNOUNCED_MS = 60_000;

/** When it was last announced, and what. */
let announced = { text: "", at: -Infinity };

/** Some names in a sentence. @param {string[]} names */
export function typingWords(names) {
  const [one, two, ...more] = names;
  if (!one) return "";
  if (!two) return `${one} is typing…`;
  if (more.length === 0) return `${one} and ${two} are typing…`;
  return `${one}, ${two} and ${more.length} ${more.length === 1 ? "other" : "others"} are typing…`;
}

export function renderTypists({ session, selected }, now = Date.now()) {
  const text = typingWords(session.typing.in(selected));
  write($("talk-typing"), text);
  if (text && (text !== announced.text || now - announced.at >= ANNOUNCED_MS)) {
    announced = { text, at: now };
    write($("typing-news"), text);
  } else if (!text) {
    // What is taken away is not announced.
    write($("typing-news"), "");
  }
}
