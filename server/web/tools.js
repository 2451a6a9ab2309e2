/**
 * The buttons of each message: seen under the pointer, a finger or the keyboard. For Tab there is one stop among all of them, the newest
 * message's; from there the arrows lead to the others.
 */

import { $ } from "./dom.js";

/** A message that is in the log and not deleted has those that may be pressed. */
export function updateTools(element, { seq, mine, mayDelete, message, from }) {
  const known = element.querySelector(".tools");
  const isOpen = Boolean(seq) && message !== null && message.deleted_at === undefined;
  if (!isOpen) {
    const hadFocus = known?.contains(document.activeElement);
    known?.remove();
    if (hadFocus) $("text").focus();
  } else if (!known) {
    const tools = $("tools").content.firstElementChild.cloneNode(true);
    tools.setAttribute("aria-label", mine ? "Your message" : `Message from ${from}`);
    if (!mine) tools.querySelector("[data-act=edit]").remove();
    element.querySelector(".bubble").append(tools);
    updateDelete(tools, mayDelete);
  } else updateDelete(known, mayDelete);
}

/** Whether one may delete what others said can change. */
function updateDelete(tools, mayDelete) {
  const known = tools.querySelector("[data-act=delete]");
  if (mayDelete && !known) tools.append($("tools").content.querySelector("[data-act=delete]").cloneNode(true));
  if (mayDelete || !known) return;
  const hadFocus = known === document.activeElement;
  known.remove();
  if (hadFocus) $("text").focus();
}

/** Leaves one stop for Tab: where the keyboard is, or else the newest message. */
export function updateStop(timeline) {
  const newest = [...timeline.querySelectorAll(".tools")].at(-1)?.children ?? [];
  const wanted = timeline.querySelector(".tools button:focus") ?? [...newest].find((button) => button.checkVisibility());
  for (const button of timeline.querySelectorAll(".tools button[tabindex='0']")) if (button !== wanted) button.tabIndex = -1;
  if (wanted) wanted.tabIndex = 0;
}

/** @returns {HTMLElement | undefined} Where an arrow leads from one of these buttons. */
export function stepFrom(button, key, timeline) {
  const tools = button.closest(".tools");
  const at = [...tools.children].indexOf(button);
  const aside = { ArrowLeft: -1, ArrowRight: 1 }[key];
  if (aside) return tools.children[at + aside];
  const along = { ArrowUp: -1, ArrowDown: 1 }[key];
  const all = along ? [...timeline.querySelectorAll(".tools")] : [];
  const next = all[all.indexOf(tools) + along]?.children;
  return next?.[Math.min(at, next.length - 1)];
}
