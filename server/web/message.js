/** One row of the timeline as an element. Its text is made safe and set as text, never as markup. */

import { createAttachment, updateAttachment } from "./attachment.js";
import { $, make, write } from "./dom.js";
import { explain } from "./explain.js";
import { formatted } from "./formatted.js";
import { safeText } from "./text.js";
import { clock, full } from "./time.js";

const MARKS = { sent: ["✓", "sent"], queued: ["◌", "queued"], failed: ["✗", "not sent"] };

/** A few emoji alone are drawn larger. */
const ONLY_EMOJI = /^[\p{Extended_Pictographic}\p{RI}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]{1,12}$/u;

export function createRow(row) {
  if (row.kind === "day") return make("li", { class: "day" }, make("span", {}, row.text));
  if (row.kind === "new") return make("li", { class: "new" }, make("span", {}, "new"));
  const isKnown = row.text !== null;
  const text = isKnown ? row.text : "(this needs a newer page: reload it)";
  const body = make("div", { class: "text" }, ...formatted(text));
  body.classList.toggle("large", isKnown && ONLY_EMOJI.test(safeText(text)));
  body.hidden = text === "" && Boolean(row.file);
  const content = make("div", { class: "content" }, ...(row.file ? [createAttachment(row.file)] : []), body);
  const bubble = make("div", { class: row.file ? "bubble with-file" : "bubble" }, content);
  if (row.mine) bubble.append(make("span", { class: "mark" }));
  return make(
    "li",
    { class: "message" },
    make("p", { class: "who" }, make("b", {}, row.from), " ", make("time", {})),
    bubble,
  );
}

/**
 * @param {HTMLElement} element
 * @param {object} row
 * @param {object} acts
 * @param {(clientId: string) => void} acts.retry
 * @param {(clientId: string) => void} acts.discard
 * @param {(change: () => void) => void} acts.settle Changes the height of something without moving what is read.
 */
export function updateRow(element, row, acts) {
  if (row.kind !== "message") return;
  element.className = ["message", row.mine ? "mine" : "theirs", row.state, row.continues ? "continues" : ""].join(" ").trim();
  const time = element.querySelector("time");
  write(time, clock(row.at));
  element.querySelector(".bubble").title = full(row.at);
  if (row.file) updateAttachment(element.querySelector(".attachment"), row.file, acts.settle);
  if (row.mine) renderMark(element, row, acts);
}

function renderMark(element, row, acts) {
  const mark = element.querySelector(".mark");
  if (mark.dataset.state === row.state) return;
  mark.dataset.state = row.state;
  const [symbol, words] = MARKS[row.state];
  mark.replaceChildren(
    make("span", { "aria-hidden": "true", title: words }, symbol),
    make("span", { class: "unseen" }, words),
  );
  element.querySelector(".failure")?.remove();
  if (row.state === "failed") element.append(failure(row, acts));
}

function failure({ client_id, failed }, acts) {
  const retry = make("button", { type: "button", class: "link" }, "Try again");
  const discard = make("button", { type: "button", class: "link" }, "Discard");
  // The button goes with what it is about, and must not take the focus along.
  const andBack = (act) => () => {
    act(client_id);
    $("text").focus();
  };
  retry.onclick = andBack(acts.retry);
  discard.onclick = andBack(acts.discard);
  return make("p", { class: "failure", role: "alert" }, `Not sent. ${explain(failed)} `, retry, " ", discard);
}
