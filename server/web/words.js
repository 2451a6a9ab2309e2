/**
 * The words of a text, and where they stand: by the rules of the server's index (`server/src/domain/words.rs`), so that what was found can be
 * marked. Pure.
 *
 * A word is a run of letters and digits, without regard to case and accents. In scripts that put no spaces between words each
 * character is one, and so is each emoji.
 */

/** A word, in characters: the index cuts longer ones. */
const CHARS_MAX = 64;

const LETTER = /^[\p{Alphabetic}\p{N}]/u;
const MARK_ALONE = /^\p{M}/u;
const JOINERS = /[\u200c\u200d]/g;
const MARKS = new RegExp(
  "[\\u00ad\\u0300-\\u036f\\u0591-\\u05bd\\u05bf-\\u05c7\\u0610-\\u061a\\u064b-\\u065f\\u0670\\u06d6-\\u06dc\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff" +
    "\\ufe00-\\ufe0f\\u{1f3fb}-\\u{1f3ff}]",
  "gu",
);
const UNSPACED = new RegExp(
  "^[\\u0e00-\\u0eff\\u1000-\\u109f\\u1780-\\u17ff\\u3005-\\u3007\\u3040-\\u30ff\\u31f0-\\u31ff\\u3400-\\u4dbf\\u4e00-\\u9fff\\uac00-\\ud7a3\\uf900-\\ufaff" +
    "\\u{20000}-\\u{3ffff}]",
  "u",
);
const EMOJI = /^[\u2190-\u21ff\u2300-\u23ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u{1f000}-\u{1faff}]/u;

/** Letters that are accented ones to those who type them. */
const LETTERS = { ß: "ss", æ: "ae", œ: "oe", ø: "o", ł: "l", đ: "d", ð: "d", ı: "i", ς: "σ" };

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/**
 * @param {string} text
 * @returns {Array<{word: string, start: number, end: number}>}
 */
export function wordsOf(text) {
  const words = [];
  let open = null;
  const close = () => {
    if (open) words.push({ ...open, word: [...open.word].slice(0, CHARS_MAX).join("") });
    open = null;
  };
  for (const { segment, index: start } of graphemes.segment(text)) {
    const end = start + segment.length;
    for (const { segment: folded } of graphemes.segment(fold(segment))) {
      const kind = kindOf(folded);
      // A mark belongs to the letter before it, and begins no word where there is none.
      if (kind === "letter" && !open && MARK_ALONE.test(folded)) continue;
      if (kind === "letter") open = { start, ...open, word: (open?.word ?? "") + folded.replace(JOINERS, ""), end };
      else close();
      if (kind === "word") words.push({ word: folded, start, end });
    }
  }
  close();
  return words;
}

/** Whether a word is a whole one by its script, so that there is none that begins with it and goes on. */
export function standsAlone(word) {
  return kindOf(word) === "word";
}

function kindOf(grapheme) {
  if (UNSPACED.test(grapheme) && LETTER.test(grapheme)) return "word";
  if (LETTER.test(grapheme)) return "letter";
  return EMOJI.test(grapheme) ? "word" : "gap";
}

/** Small letters without accents, in one spelling. */
function fold(grapheme) {
  const bare = grapheme.normalize("NFKD").toLowerCase().replace(MARKS, "");
  return Array.from(bare, (letter) => LETTERS[letter] ?? letter).join("").normalize("NFC");
}
