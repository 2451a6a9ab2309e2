/** What a search asks for by its words, by the grammar of the server (`server/src/domain/query.rs`), and where a text has them. Pure. */

import { standsAlone, wordsOf } from "./words.js";

const PIECE = /"([^"]*)"?|[^\s"]+/g;
const FILTERS = new Set(["from", "in", "after", "before", "has"]);

/** @typedef {{words: string[], isPrefix: boolean}} Term Words that follow one another; of the last one only the beginning may be meant. */

/**
 * The words that what is found has; filters are none. What the server refuses need not be read rightly.
 * @param {string} query
 * @returns {Term[]}
 */
export function termsOf(query) {
  const pieces = [...query.matchAll(PIECE)].filter(([piece, phrase]) => phrase !== undefined || !isFilter(piece));
  return pieces.map(([piece, phrase]) => termOf(phrase ?? piece, phrase === undefined && piece.endsWith("*"))).filter(({ words }) => words.length > 0);
}

function isFilter(piece) {
  const colon = piece.indexOf(":");
  return colon > 0 && FILTERS.has(piece.slice(0, colon).toLowerCase());
}

function termOf(text, isBeginning) {
  const words = wordsOf(text).map(({ word }) => word);
  return { words, isPrefix: isBeginning && words.length > 0 && !standsAlone(words.at(-1)) };
}

/**
 * Where a text has any of the terms, in order and without overlaps.
 * @param {string} text
 * @param {Term[]} terms
 * @returns {Array<{start: number, end: number}>}
 */
export function rangesIn(text, terms) {
  const words = wordsOf(text);
  const found = terms.flatMap((term) => words.flatMap((_, at) => (standsAt(words, at, term) ? [{ start: words[at].start, end: words[at + term.words.length - 1].end }] : [])));
  return joined(found.sort((a, b) => a.start - b.start));
}

function standsAt(words, at, { words: wanted, isPrefix }) {
  const last = wanted.length - 1;
  return wanted.every((word, index) => {
    const there = words[at + index]?.word;
    return isPrefix && index === last ? there?.startsWith(word) : there === word;
  });
}

function joined(ranges) {
  const joined = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    if (last && range.start <= last.end) last.end = Math.max(last.end, range.end);
    else joined.push({ ...range });
  }
  return joined;
}
