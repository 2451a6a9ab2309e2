/** Which markers of bold and italic belong together. Pure. */

import { isCombining } from "./text.js";

const OPENING = "([{<“‘«（「";
const ENDING = ")]}>\"'”’»）」,;:!?，。！？";
const LETTER = /[\p{Alphabetic}\p{N}]/u;
const SPACE = /\p{White_Space}/u;
/** Chinese, Japanese, Korean: a marker may stand in the middle. */
const IDEOGRAPH = /[\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff66-\uffdc\u{20000}-\u{3ffff}]/u;

/** What stands beside a marker: a space or the end of the line, a letter or digit, an ideograph, or something else. */
function sideOf(c) {
  if (c === undefined || SPACE.test(c)) return "space";
  if (IDEOGRAPH.test(c)) return "ideograph";
  return LETTER.test(c) ? "letter" : "other";
}

/** Whether what follows this character stands in the middle of a word. */
export function endsWord(c) {
  return sideOf(c) === "letter";
}

/** Whether this changes the character before it, which is then no marker. */
export function isExtending(c) {
  return c !== undefined && (c === "\ufe0f" || isCombining(c));
}

/**
 * The run of markers from `start` to `end`, if it can open or close anything.
 * @param {string[]} line
 */
export function readRun(line, start, end) {
  const [marker, length] = [line[start], end - start];
  const [before, after] = [line[start - 1], line[end]];
  if (length > (marker === "*" ? 3 : 1) || isExtending(after)) return null;
  const sides = `${sideOf(before)} ${sideOf(after)}`;
  let canOpen = !/ space$|^letter /.test(sides);
  let canClose = !/^space | letter$/.test(sides);
  if (sides === "other other") {
    canClose = !OPENING.includes(before) && endsWords(after, line[end + 1]);
    canOpen = !canClose && (OPENING + "\"'").includes(before);
  } else if (sides === "other ideograph") canClose = false;
  else if (sides === "ideograph other") canOpen = false;
  return canOpen || canClose ? { marker, length, canOpen, canClose } : null;
}

/** A sign that ends words, and does not begin a file's ending. */
function endsWords(c, next) {
  return ENDING.includes(c) || (c === "." && (next === undefined || !LETTER.test(next)));
}

/**
 * Finds the partners of the runs of a line; `words` counts the words before each. Tells what each opens and closes, and how many
 * characters of it are text.
 */
export function pair(runs) {
  const outcomes = runs.map(({ length }) => ({ opens: [], closes: [], rest: length }));
  // For each kind the runs that are open, the innermost last.
  const open = { bold: [], star: [], line: [] };
  runs.forEach((run, at) => {
    let wanted = kindsOf(run);
    while (run.canClose && wanted.length > 0) {
      let [partner, found] = [-1, null];
      for (const kind of wanted) {
        const candidate = open[kind].at(-1) ?? -1;
        if (candidate > partner && runs[candidate].words < run.words) [partner, found] = [candidate, kind];
      }
      if (!found) break;
      wanted = wanted.filter((kind) => kind !== found);
      settle(outcomes[partner], "opens", found);
      settle(outcomes[at], "closes", found);
      open[found].pop();
      // What was opened within and not closed there is text.
      for (const inner of Object.values(open)) while (inner.at(-1) > partner) inner.pop();
    }
    if (run.canOpen && outcomes[at].closes.length === 0) for (const kind of kindsOf(run)) open[kind].push(at);
  });
  return outcomes;
}

function settle(outcome, what, kind) {
  outcome[what].push(kind);
  outcome.rest -= kind === "bold" ? 2 : 1;
}

/** What a run may open or close. */
function kindsOf({ marker, length }) {
  if (marker === "_") return ["line"];
  return [[], ["star"], ["bold"], ["bold", "star"]][length];
}
