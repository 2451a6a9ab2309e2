/** The part of a text around what was found in it. Pure. */

import { rangesIn } from "./query.js";

/** So much of it is shown, and so much of that before the first place, in units of UTF-16. */
const SHOWN_MAX = 180;
const BEFORE_MAX = 40;
/** So far a cut moves so that it falls between words. */
const SLACK = 20;

/**
 * @param {string} line Safe text on one line.
 * @param {import("./query.js").Term[]} terms
 * @returns {Array<{text: string, isFound: boolean}>} In their order; what was left out is marked with "…".
 */
export function excerptOf(line, terms) {
  const ranges = rangesIn(line, terms);
  const start = startBefore(line, ranges[0]?.start ?? 0);
  const end = endAfter(line, start + SHOWN_MAX);
  const pieces = [];
  const push = (text, isFound) => text && pieces.push({ text, isFound });
  push(start > 0 ? "…" : "", false);
  let at = start;
  for (const range of ranges.filter((range) => range.start < end)) {
    push(line.slice(at, range.start), false);
    at = Math.min(range.end, end);
    push(line.slice(range.start, at), true);
  }
  push(line.slice(at, end), false);
  push(end < line.length ? "…" : "", false);
  return pieces;
}

function startBefore(line, found) {
  // What fits is shown from its beginning.
  if (found <= BEFORE_MAX) return 0;
  const wanted = found - BEFORE_MAX;
  const space = line.slice(wanted, Math.min(wanted + SLACK, found)).indexOf(" ");
  return whole(line, space < 0 ? wanted : wanted + space + 1);
}

function endAfter(line, wanted) {
  if (wanted >= line.length) return line.length;
  const space = line.slice(wanted - SLACK, wanted).lastIndexOf(" ");
  return whole(line, space < 0 ? wanted : wanted - SLACK + space);
}

/** No cut stands within a character. */
function whole(line, at) {
  return /[\udc00-\udfff]/.test(line[at] ?? "") ? at - 1 : at;
}
