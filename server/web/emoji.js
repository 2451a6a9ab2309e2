/** Emoji shortcodes: `:wave:` becomes 👋. All but the loading is pure; a table is a Map from shortcode to emoji. */

/** A shortcode is completed from this many letters on. */
const COMPLETION_MIN = 2;

const CODE = /:([a-z0-9_+-]+):/g;
const COMPLETED = /:([a-z0-9_+-]+):$/;
const BEGUN = /(^|[^\p{L}\p{N}]):([a-z0-9_+-]+)$/u;

/**
 * All shortcodes that the server knows. Without them a shortcode stays as it is typed.
 * @returns {Promise<Map<string, string>>}
 */
export async function loadEmoji() {
  try {
    return new Map(await (await fetch("/api/emoji.json")).json());
  } catch {
    return new Map();
  }
}

/** The text with every complete shortcode replaced. Unknown ones stay. */
export function expand(text, table) {
  let expanded = "";
  let rest = 0;
  for (let found; (found = CODE.exec(text)); ) {
    const emoji = table.get(found[1]);
    // The colon that ends an unknown code may begin the next one.
    const end = emoji ? CODE.lastIndex : CODE.lastIndex - 1;
    expanded += text.slice(rest, found.index) + (emoji ?? text.slice(found.index, end));
    CODE.lastIndex = rest = end;
  }
  return expanded + text.slice(rest);
}

/** The emoji of the shortcode that has just been completed before the cursor, and that shortcode's length with both colons. */
export function justCompleted(beforeCursor, table) {
  const found = COMPLETED.exec(beforeCursor);
  const emoji = found && table.get(found[1]);
  return emoji ? { emoji, length: found[0].length } : null;
}

/** The beginning of a shortcode that stands before the cursor, without its colon; `10:30` and `http://` begin none. */
export function begun(beforeCursor) {
  const code = BEGUN.exec(beforeCursor)?.[2] ?? "";
  return code.length >= COMPLETION_MIN ? code : null;
}

/** Shortcodes that begin with `prefix` or contain it, the best ones first, each with its emoji. */
export function complete(prefix, table, max) {
  const rank = (code) => (code.startsWith(prefix) ? 0 : 1);
  return [...table]
    .filter(([code]) => code.includes(prefix))
    .sort(([a], [b]) => rank(a) - rank(b) || a.length - b.length || (a < b ? -1 : 1))
    .slice(0, max);
}
