/** A few emoji to react with, and a field that takes the shortcode of any other. */

import { $, make } from "./dom.js";
import { complete } from "./emoji.js";

const USUAL = ["👍", "❤️", "😄", "🎉", "😮", "😢", "👀", "✅"];
const SHOWN_MAX = 8;
/** So far from the window's edges, in pixels. */
const MARGIN_PX = 8;

/**
 * Asks for an emoji.
 * @param {Element} beside What it is opened beside.
 * @param {(emoji: string) => void} chosen
 */
export function openPicker(app, beside, chosen) {
  const dialog = $("picker");
  const field = $("picker-code");
  const take = (emoji) => {
    dialog.close();
    chosen(emoji);
  };
  const render = () => $("picker-emoji").replaceChildren(...found(field.value, app.composer.emoji).map((found) => choice(found, take)));
  field.value = "";
  field.oninput = render;
  field.onkeydown = (event) => {
    if (event.isComposing || event.key !== "Enter") return;
    event.preventDefault();
    const [first] = found(field.value, app.composer.emoji);
    if (field.value.trim() && first) take(first[1]);
  };
  // A click beside it closes it.
  dialog.onclick = ({ target }) => target === dialog && dialog.close();
  render();
  dialog.showModal();
  // With an on-screen keyboard the focus would hide what can be chosen.
  if (!matchMedia("(pointer: coarse)").matches) field.focus();
  place(dialog, beside.getBoundingClientRect());
}

/** What a shortcode, its beginning, or an emoji itself means; the usual ones while there is nothing. */
export function found(typed, table) {
  const wanted = typed.trim().replaceAll(":", "").toLowerCase();
  const codeOf = (emoji) => [...table].find(([, one]) => one === emoji)?.[0] ?? "";
  if (wanted === "") return USUAL.map((emoji) => [codeOf(emoji), emoji]);
  const itself = [...table].find(([, emoji]) => emoji === wanted || emoji === `${wanted}\ufe0f`);
  return itself ? [itself] : complete(wanted, table, SHOWN_MAX);
}

function choice([code, emoji], take) {
  const label = code ? `${emoji} :${code}:` : emoji;
  const button = make("button", { type: "button", class: "emoji", title: label, "aria-label": label }, emoji);
  button.onclick = () => take(emoji);
  return button;
}

/** Above the button, within the window. */
function place(dialog, { left, top }) {
  const { width, height } = dialog.getBoundingClientRect();
  const within = (at, size, room) => Math.max(MARGIN_PX, Math.min(at, room - size - MARGIN_PX));
  dialog.style.left = `${within(left, width, innerWidth)}px`;
  dialog.style.top = `${within(top - height - MARGIN_PX, height, innerHeight)}px`;
}
