/** Who is mentioned in a text as `@name`, by the rules of the server (`server/src/domain/mentions.rs`), and a name that is being typed. Pure. */

const NAME_CHARS_MAX = 32;
const PLACE = /@([a-z0-9][a-z0-9_.-]*)/g;
/** After one of these a `@` belongs to something else, an address of mail or of the web. */
const GOES_ON = /^[\p{Alphabetic}\p{N}_.\-@/]$/u;
/** Before one of these a name goes on in what is no letter of names. */
const TORN = /^[\p{Alphabetic}\p{N}@]/u;
const SIGN = /[._-]$/;
const BEGUN = /@([a-z0-9][a-z0-9_.-]*)?$/i;

/**
 * A text with the places where somebody is mentioned.
 * @param {string} text Without code.
 * @param {string[]} names Of those whom the server says that it mentions.
 * @returns {Array<{text: string} | {name: string}>}
 */
export function mentionsIn(text, names) {
  const pieces = [];
  let from = 0;
  const say = (to) => from < to && pieces.push({ text: text.slice(from, to) });
  for (const { 0: place, 1: run, index } of text.matchAll(PLACE)) {
    const name = goesOn(text, index) ? undefined : nameIn(run, text.slice(index + place.length, index + place.length + 2), names);
    if (name === undefined) continue;
    say(index);
    pieces.push({ name });
    from = index + 1 + name.length;
  }
  say(text.length);
  return pieces;
}

/** The longest name that the run begins with and somebody has: signs at its end may be the sentence's. */
function nameIn(run, after, names) {
  const isName = (name) => name.length <= NAME_CHARS_MAX && names.includes(name) && !(name === run && TORN.test(after));
  for (let name = run; ; name = name.slice(0, -1)) {
    if (isName(name)) return name;
    if (!SIGN.test(name)) return undefined;
  }
}

function goesOn(text, at) {
  return GOES_ON.test([...text.slice(Math.max(0, at - 2), at)].at(-1) ?? "");
}

/**
 * The beginning of a name that stands at the end of a text; empty after a `@` alone.
 * @returns {string | null} Nothing when there is none.
 */
export function begunName(before) {
  const { 0: place, 1: name = "", index } = BEGUN.exec(before) ?? {};
  return place === undefined || goesOn(before, index) || name.length > NAME_CHARS_MAX ? null : name.toLowerCase();
}
