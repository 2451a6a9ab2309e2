/** One line of a message as spans: code, links, and what stands between markers. Pure. */

import { endsWord, isExtending, pair, readRun } from "./emphasis.js";
import { bareLength, beginsAddress, hostOf, showsHost } from "./link.js";

/** @param {string} line Safe text without a line break. */
export function spansOf(line) {
  return read([...line], true);
}

function read(line, links) {
  const reader = new Reader(line, links);
  while (reader.at < line.length) reader.step();
  reader.endText();
  return styled(reader.items);
}

class Reader {
  at = 0;
  /** Texts, markers, code and links, before it is known which markers belong together. */
  items = [];
  #line;
  #links;
  #partners;
  #text = "";

  constructor(line, links) {
    this.#line = line;
    this.#links = links;
    this.#partners = partnersOf(line);
  }

  step() {
    const [line, at] = [this.#line, this.at];
    const c = line[at];
    const escaped = c === "\\" ? escapedAt(line, at) : 0;
    if (escaped > 0) {
      this.at += 1;
      this.#say(at + 1 + escaped);
    } else if (c === "`") this.#code();
    else if (c === "*" || c === "_") {
      const end = at + runLength(line, at);
      const run = readRun(line, at, end);
      if (run) this.#push({ run }, end);
      else this.#say(end);
    } else if (c === "[" && this.#links && this.#labelled()) return;
    else if ((c === "h" || c === "H") && this.#links && this.#bare()) return;
    else this.#say(at + 1);
  }

  endText() {
    if (this.#text) this.items.push({ text: this.#text });
    this.#text = "";
  }

  /** Takes everything up to `end` as it stands. */
  #say(end) {
    for (; this.at < end; this.at += 1) this.#text += this.#line[this.at];
  }

  #push(item, end) {
    this.endText();
    this.items.push(item);
    this.at = end;
  }

  #code() {
    const length = runLength(this.#line, this.at);
    const close = this.#partners[this.at];
    if (close === 0) this.#say(this.at + length);
    else this.#push({ code: stripped(this.#line.slice(this.at + length, close)).join("") }, close + length);
  }

  /** `[label](address)`. What has this form and leads nowhere is text. */
  #labelled() {
    const [line, open] = [this.#line, this.at];
    const middle = this.#partners[open];
    if (middle === 0 || line[middle + 1] !== "(") return false;
    const close = this.#partners[middle + 1];
    if (close === 0 || !beginsAddress(line, middle + 2, close) || isExtending(line[close + 1])) return false;
    const link = line.slice(middle + 2, close).join("");
    const label = line.slice(open + 1, middle);
    const host = hostOf(link);
    if (host && label.some((c) => !/\p{White_Space}/u.test(c))) this.#push({ link, host, label: read(label, false) }, close + 1);
    else this.#say(close + 1);
    return true;
  }

  /** An address that stands there for itself. */
  #bare() {
    const [line, at] = [this.#line, this.at];
    if (endsWord(line[at - 1]) || !beginsAddress(line, at, line.length)) return false;
    const end = at + bareLength(line, at);
    const link = line.slice(at, end).join("");
    const host = hostOf(link);
    // Nothing within what leads nowhere is looked at again.
    if (!host) this.#say(Math.max(end, at + 1));
    else this.#push({ link, ...(showsHost(link, host) ? {} : { host }), label: [{ text: link }] }, end);
    return true;
  }
}

/** For each opening backtick, bracket and parenthesis the place of its partner, or 0. */
function partnersOf(line) {
  const partners = codePartnersOf(line);
  const brackets = [];
  let parentheses = [];
  for (let at = 0; at < line.length; at += 1) {
    const c = line[at];
    if (c === "\\") at += escapedAt(line, at);
    else if (c === "`") at = (partners[at] || at) + runLength(line, at) - 1;
    else if (c === "[" && !isExtending(line[at + 1])) brackets.push(at);
    else if (c === "]" && brackets.length > 0) partners[brackets.pop()] = at;
    else if (c === "(") parentheses.push(at);
    else if (c === ")" && parentheses.length > 0) partners[parentheses.pop()] = at;
    // An address has no spaces.
    else if (/\p{White_Space}/u.test(c)) parentheses = [];
  }
  return partners;
}

/** For each run of backticks the next one of the same length. */
function codePartnersOf(line) {
  const partners = new Array(line.length).fill(0);
  const ahead = new Map();
  for (let end = line.length; end > 0; ) {
    let start = end;
    while (line[start - 1] === "`") start -= 1;
    if (start === end) {
      end -= 1;
      continue;
    }
    if (!isExtending(line[end])) {
      partners[start] = ahead.get(end - start) ?? 0;
      ahead.set(end - start, start);
    }
    end = start;
  }
  return partners;
}

/** How many characters after a backslash are no markers because of it. */
function escapedAt(line, backslash) {
  const next = line[backslash + 1];
  if (next === "`") return runLength(line, backslash + 1);
  return next === "*" || next === "_" || next === "[" || (next === ">" && backslash === 0) ? 1 : 0;
}

function runLength(line, start) {
  let end = start;
  while (line[end] === line[start]) end += 1;
  return end - start;
}

/** One space on each side lets code begin or end with a backtick. */
function stripped(code) {
  const isPadded = code.length > 2 && code[0] === " " && code.at(-1) === " " && code.some((c) => c !== " ");
  return isPadded && !isExtending(code[1]) ? code.slice(1, -1) : code;
}

function styled(items) {
  const outcomes = outcomesOf(items).values();
  const depths = { bold: 0, star: 0, line: 0 };
  const spans = [];
  for (const item of items) {
    if (item.run) {
      const { opens, closes, rest } = outcomes.next().value;
      for (const kind of closes) depths[kind] -= 1;
      say(spans, item.run.marker.repeat(rest), styleAt(depths));
      for (const kind of opens) depths[kind] += 1;
    } else if (item.link) spans.push({ ...item, label: item.label.map((span) => ({ ...span, ...styleAt(depths) })) });
    else if (item.code !== undefined) spans.push({ ...item, ...styleAt(depths) });
    else say(spans, item.text, styleAt(depths));
  }
  return spans;
}

/** What is open makes the style. */
function styleAt({ bold, star, line }) {
  return { ...(bold > 0 ? { bold: true } : {}), ...(star + line > 0 ? { italic: true } : {}) };
}

function outcomesOf(items) {
  const runs = [];
  let words = 0;
  for (const { run, text } of items) {
    if (run) runs.push({ ...run, words });
    // Between two markers there is at least one of these.
    else if (text === undefined || /[^\p{White_Space}!-/:-@[-`{-~]/u.test(text)) words += 1;
  }
  return pair(runs);
}

/** Adds text, to the last span if it is in the same style. */
function say(spans, text, style) {
  const last = spans.at(-1);
  const continues = last?.text !== undefined && Boolean(last.bold) === Boolean(style.bold) && Boolean(last.italic) === Boolean(style.italic);
  if (!text) return;
  if (continues) last.text += text;
  else spans.push({ text, ...style });
}
