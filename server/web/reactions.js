/** The reactions to a message, as chips below it: a click on one gives or takes back one's own. */

import { $, make, reconcile, write } from "./dom.js";
import { namesOf } from "./names.js";
import { safeLine } from "./text.js";

export function updateReactions(element, { message, waiting }, me) {
  let list = element.querySelector(".reactions");
  const reactions = message?.reactions ?? [];
  if (reactions.length === 0 && !list) return;
  if (!list) {
    list = make("div", { class: "reactions", role: "group", "aria-label": "Reactions" });
    element.querySelector(".bubble").after(list);
  }
  const hadFocus = list.contains(document.activeElement);
  const queued = new Set(waiting.filter(({ kind }) => kind === "reaction").map(({ emoji }) => emoji));
  const rows = reactions.map(({ emoji, users }) => ({ key: emoji, users, isQueued: queued.has(emoji) }));
  reconcile(list, rows, createChip, (chip, row) => updateChip(chip, row, me));
  if (rows.length === 0) list.remove();
  // A chip that goes must not take the focus along.
  if (hadFocus && !list.contains(document.activeElement)) $("text").focus();
}

function createChip({ key }) {
  const emoji = make("span", { class: "emoji", "aria-hidden": "true" }, safeLine(key));
  return make("button", { type: "button", class: "chip", "data-act": "toggle", "data-emoji": key }, emoji, make("span", { "aria-hidden": "true" }));
}

function updateChip(chip, { key, users, isQueued }, me) {
  const isMine = users.includes(me);
  const label = `${safeLine(key)} from ${namesOf(users, me)}${isQueued ? ", queued" : ""}`;
  write(chip.lastElementChild, String(users.length));
  chip.setAttribute("aria-pressed", String(isMine));
  chip.classList.toggle("queued", isQueued);
  if (chip.title === label) return;
  chip.title = label;
  chip.setAttribute("aria-label", label);
}
