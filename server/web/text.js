/**
 * Text from others, made harmless before anybody sees it. The rules are those of the terminal client (`client/src/text.rs`), and both are
 * tested against the same table:
 *
 * 1. CR LF, CR, VT, FF, NEL, U+2028 and U+2029 are a line break; a tab is four spaces.
 * 2. A joined emoji stays whole: a zero-width joiner between two pictographs (with their modifiers), the variation selector U+FE0F
 *    after a pictograph, a digit, `#` or `*`, and the tags of a flag after U+1F3F4 up to U+E007F.
 * 3. Elsewhere joiners, variation selectors, the soft hyphen and the zero-width non-joiner are left out.
 * 4. All other control, direction, invisible, private and non-characters become U+FFFD, one for one.
 * 5. Of several combining marks in a row the first four are kept.
 */

const MARK = "\ufffd";
const TAB = "    ";
const COMBINING_MAX = 4;

const PLAIN = /^[ -~\n]*$/;
const LINE_BREAK = /^(?:\n|\v|\f|\u0085|\u2028|\u2029)$/;
const LEFT_OUT = /^[\u00ad\u200c\ufe00-\ufe0e\u{e0100}-\u{e01ef}]$/u;
const SKIN_TONE = /^[\u{1f3fb}-\u{1f3ff}]$/u;
const REGION_TAGS = /^[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{1,6}\u{e007f}/u;
const SELECTABLE = /^[0-9#*]$/;

const COMBINING = new RegExp(
  "^[\\u0300-\\u036f\\u0483-\\u0489\\u0591-\\u05bd\\u0610-\\u061a\\u064b-\\u065f\\u0e31\\u0e34-\\u0e3a\\u0e47-\\u0e4e" +
    "\\u1ab0-\\u1aff\\u1dc0-\\u1dff\\u20d0-\\u20ff\\ufe20-\\ufe2f]$",
);

const PICTOGRAPH = new RegExp(
  "^[\\u00a9\\u00ae\\u203c\\u2049\\u2122\\u2139\\u2194-\\u21aa\\u231a-\\u23ff\\u24c2\\u25aa-\\u25fe\\u2600-\\u27bf\\u2934\\u2935" +
    "\\u2b05-\\u2b55\\u3030\\u303d\\u3297\\u3299\\u{1f000}-\\u{1f3fa}\\u{1f400}-\\u{1faff}]$",
  "u",
);

/** Controls, direction marks, invisible fillers, tags, private use and half a surrogate pair; non-characters are asked for apart. */
const DANGEROUS = new RegExp(
  "^[\\0-\\x1f\\x7f-\\x9f\\ufffd\\u034f\\u061c\\u115f\\u1160\\u17b4\\u17b5\\u180b-\\u180f\\u200b\\u200e\\u200f\\u202a-\\u202e" +
    "\\u2060-\\u206f\\u2800\\u3164\\ufdd0-\\ufdef\\ufeff\\uffa0\\ufff0-\\ufffb\\ud800-\\udfff\\ue000-\\uf8ff" +
    "\\u{1bca0}-\\u{1bca3}\\u{1d173}-\\u{1d17a}\\u{e0000}-\\u{10ffff}]$",
  "u",
);

/**
 * Makes text safe. Line breaks stay, as `\n`.
 * @param {string} text
 * @returns {string}
 */
export function safeText(text) {
  return PLAIN.test(text) ? text : wash(text.replaceAll("\r\n", "\n").replaceAll("\r", "\n"));
}

/**
 * Makes text safe on one line: each line break becomes a space.
 * @param {string} text
 * @returns {string}
 */
export function safeLine(text) {
  return safeText(text).replaceAll("\n", " ");
}

function wash(text) {
  let safe = "";
  /** The last character that was kept as it is, if a variation selector may follow it. */
  let last = "";
  let afterPictograph = false;
  let combining = 0;

  const plain = (replacement) => {
    safe += replacement;
    last = "";
    afterPictograph = false;
    combining = 0;
  };
  const keep = (c) => {
    combining = isCombining(c) ? combining + 1 : 0;
    if (combining > COMBINING_MAX) return;
    afterPictograph = PICTOGRAPH.test(c) || (afterPictograph && SKIN_TONE.test(c));
    last = c;
    safe += c;
  };

  for (let at = 0; at < text.length; ) {
    const c = String.fromCodePoint(text.codePointAt(at));
    at += c.length;
    if (LINE_BREAK.test(c)) plain("\n");
    else if (c === "\t") plain(TAB);
    else if (c === "\u200d") {
      const next = at < text.length ? String.fromCodePoint(text.codePointAt(at)) : "";
      if (afterPictograph && PICTOGRAPH.test(next)) safe += c;
    } else if (c === "\ufe0f") {
      if (PICTOGRAPH.test(last) || SELECTABLE.test(last)) {
        safe += c;
        last = "";
      }
    } else if (c === "\u{1f3f4}") {
      keep(c);
      const [tags = ""] = REGION_TAGS.exec(text.slice(at, at + 14)) ?? [];
      safe += tags;
      at += tags.length;
    } else if (LEFT_OUT.test(c)) continue;
    else if (isDangerous(c)) plain(MARK);
    else keep(c);
  }
  return safe;
}

/** Whether this is a mark on the character before it. */
export function isCombining(c) {
  return COMBINING.test(c);
}

function isDangerous(c) {
  return DANGEROUS.test(c) || (c.codePointAt(0) & 0xfffe) === 0xfffe;
}
