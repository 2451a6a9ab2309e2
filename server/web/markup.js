/**
 * The formatting of messages: a small subset of Markdown, as `docs/formatting.md` defines it. The terminal client reads it the same way
 * (`client/src/markup`), and both are tested against one table. Pure, and in time that grows with the length only.
 *
 * @typedef {{bold?: true, italic?: true}} Style
 * @typedef {Style & {text: string} | Style & {code: string} | {link: string, host?: string, label: Span[]}} Span
 * @typedef {{text: Span[][]} | {quote: Span[][]} | {code: {language: string, text: string}}} Block
 */

import { spansOf } from "./inline.js";
import { safeText } from "./text.js";

const LANGUAGE = /^[A-Za-z0-9+#._-]{0,32}$/;
const PLAIN = /^(?:[^*_`[>\\:]|:(?!\/\/))*$/;

/**
 * The blocks of a text. There is at least one.
 * @param {string} text As it was typed; it is made safe first.
 * @returns {Block[]}
 */
export function parse(text) {
  const lines = safeText(text).split("\n");
  if (lines.every((line) => PLAIN.test(line))) return [{ text: lines.map((line) => (line === "" ? [] : [{ text: line }])) }];
  const blocks = [];
  for (let at = 0; at < lines.length; at += 1) {
    const fence = at + 1 < lines.length && fenceOf(lines[at]);
    if (fence) {
      const end = closing(lines, at + 1, fence.ticks);
      blocks.push({ code: { language: fence.language, text: lines.slice(at + 1, end).join("\n") } });
      at = end;
    } else pushLine(blocks, lines[at]);
  }
  return blocks;
}

/**
 * What a message says in one line, without its markers.
 * @param {string} text
 */
export function gistOf(text) {
  const words = parse(text).flatMap((block) => (block.code ? [block.code.text] : (block.text ?? block.quote).map(wordsOf)));
  return words.join("\n").replaceAll("\n", " ");
}

function wordsOf(spans) {
  return spans.map((span) => (span.link ? wordsOf(span.label) + besides(span) : (span.code ?? span.text))).join("");
}

/** What is shown beside a link, so that nobody is led elsewhere than they see. */
export function besides({ host }) {
  return host ? ` (${host})` : "";
}

function pushLine(blocks, line) {
  const last = blocks.at(-1);
  const isQuote = line.startsWith("> ") || (line === ">" && Boolean(last?.quote));
  const kind = isQuote ? "quote" : "text";
  const spans = spansOf(isQuote ? line.slice(2) : line);
  if (last?.[kind]) last[kind].push(spans);
  else blocks.push({ [kind]: [spans] });
}

/** The backticks of a line that opens fenced code, and its language. */
function fenceOf(line) {
  const [ticks] = /^`*/.exec(line);
  const language = line.slice(ticks.length).trim();
  return ticks.length >= 3 && LANGUAGE.test(language) ? { ticks: ticks.length, language } : null;
}

/** The line with the fence that closes, or the one after the last. */
function closing(lines, from, ticks) {
  for (let at = from; at < lines.length; at += 1) {
    const [, closes] = /^(`*) *$/.exec(lines[at]) ?? [];
    if (closes?.length >= ticks) return at;
  }
  return lines.length;
}
