/** What is offered while one types: emoji by their shortcodes, and those who are in the conversation. */

import { avatar, make } from "./dom.js";
import { begun, complete } from "./emoji.js";
import { begunName } from "./mention.js";

/** @param {() => Map<string, string>} table All shortcodes, once they are loaded. @returns {import("./completion.js").Source} */
export function emojiChoices(table) {
  return {
    label: "Emoji",
    begun: (before) => placeOf(before, begun(before)),
    find: (beginning, count) => complete(beginning, table(), count).map(([code, emoji]) => ({ text: emoji, label: `:${code}:`, picture: make("span", { class: "emoji" }, emoji) })),
  };
}

/**
 * @param {import("./people.js").People} people
 * @param {() => void} came Called when there is more to choose from.
 * @returns {import("./completion.js").Source}
 */
export function nameChoices(people, came) {
  return {
    label: "People to mention",
    begun: (before) => placeOf(before, begunName(before)),
    find: (beginning, count) => {
      const names = people.named(beginning, came).slice(0, count);
      // A name that is whole, and the beginning of no other one, needs no help.
      if (names.length === 1 && names[0] === beginning) return [];
      return names.map((name) => ({ text: `@${name} `, label: name, picture: avatar(name) }));
    },
  };
}

/** A sign stands before what is begun. */
function placeOf(before, beginning) {
  return beginning === null ? null : { start: before.length - beginning.length - 1, beginning };
}
