/** One row of the timeline as an element. Its text is made safe and set as text, never as markup. */

import { createAttachment, updateAttachment } from "./attachment.js";
import { $, make, write } from "./dom.js";
import { explain } from "./explain.js";
import { formatted } from "./formatted.js";
import { DELETED } from "./gist.js";
import { namesOf } from "./names.js";
import { hasLostOrigin } from "./outgoing.js";
import { updateQuote } from "./quote.js";
import { updateReactions } from "./reactions.js";
import { safeText } from "./text.js";
import { clock, full } from "./time.js";
import { updateTools } from "./tools.js";

const MARKS = {
  sent: ["✓", "sent"],
  delivered: ["✓✓", "delivered"],
  read: ["✓✓", "read"],
  queued: ["◌", "queued"],
  changing: ["◌", "the change is queued"],
  failed: ["✗", "not sent"],
};

/** What has been read has also been delivered, and sent. */
const REACHED = { sent: "sent", delivered: "sent delivered", read: "sent delivered read" };

/** A few emoji alone are drawn larger. */
const ONLY_EMOJI = /^[\p{Extended_Pictographic}\p{RI}\u200d\ufe0f\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}]{1,12}$/u;

/** Not of this page's kinds. */
const STRANGE = "(this needs a newer page: reload it)";

/** @type {WeakMap<Element, object | null>} The message that each row shows. */
const shown = new WeakMap();
/** @type {WeakMap<Element, string>} What each body shows: a text, and whom it mentions. */
const texts = new WeakMap();

export function createRow(row) {
  if (row.kind === "day") return make("li", { class: "day" }, make("span", {}, row.text));
  if (row.kind === "new") return make("li", { class: "new" }, make("span", {}, "new"));
  if (row.kind === "happening") return make("li", { class: "happening" }, make("span", {}));
  const content = make("div", { class: "content" }, make("div", { class: "text" }));
  const bubble = make("div", { class: "bubble", tabindex: "-1" }, content);
  // Read out are messages, and not how far they are.
  if (row.mine) bubble.append(make("span", { class: "mark", "aria-live": "off" }));
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
 * @param {string} acts.me
 * @param {(clientId: string) => void} acts.retry
 * @param {(clientId: string) => void} acts.discard
 * @param {(change: () => void) => void} acts.settle Changes the height of something without moving what is read.
 */
export function updateRow(element, row, acts) {
  if (row.kind === "happening") renderHappening(element, row);
  if (row.kind !== "message") return;
  const { message, mine, seq, state } = row;
  const callsMe = !mine && Boolean(message?.mentions?.includes(acts.me));
  const classes = ["message", mine ? "mine" : "theirs", REACHED[state] ?? state, row.continues && "continues", callsMe && "calls-me"];
  element.className = classes.filter(Boolean).join(" ");
  if (seq) element.dataset.seq = seq;
  write(element.querySelector("time"), clock(row.at));
  element.querySelector(".bubble").title = full(row.at);
  if (shown.get(element) !== message) {
    shown.set(element, message);
    renderMessage(element, message, acts);
  }
  updateReactions(element, row, acts.me);
  updateTools(element, row);
  if (mine) renderMark(element, row, acts);
}

function renderHappening({ dataset, firstElementChild }, { seq, at, text }) {
  dataset.seq = seq;
  firstElementChild.title = full(at);
  write(firstElementChild, text);
}

function renderMessage(element, message, acts) {
  const { text, file, reply_to, mentions = [], edited_at, deleted_at } = message ?? { text: STRANGE };
  const isDeleted = deleted_at !== undefined;
  const content = element.querySelector(".content");
  element.querySelector(".bubble").classList.toggle("with-file", Boolean(file));
  updateQuote(content, reply_to);
  renderFile(content, file, acts);
  const what = { text: isDeleted ? DELETED : text, mentions, isPlain: isDeleted || !message, isHidden: text === "" && Boolean(file) };
  renderText(content.querySelector(".text"), what, acts.me);
  content.querySelector(".text").classList.toggle("gone", isDeleted);
  renderEdited(content, edited_at);
}

/** A file stays as it is for as long as it is there: it may show a picture. */
function renderFile(content, file, acts) {
  let attachment = content.querySelector(".attachment");
  if (!file) {
    attachment?.remove();
    return;
  }
  if (!attachment) {
    attachment = createAttachment(file);
    content.querySelector(".text").before(attachment);
  }
  updateAttachment(attachment, file, acts.settle);
}

function renderText(body, { text, mentions, isPlain, isHidden }, me) {
  body.hidden = isHidden;
  // What was said does not change with what is said about it.
  const what = [...mentions, text].join("\n");
  if (texts.get(body) === what) return;
  texts.set(body, what);
  body.replaceChildren(...formatted(text, mentions, me));
  body.classList.toggle("large", !isPlain && ONLY_EMOJI.test(safeText(text)));
}

function renderEdited(content, edited_at) {
  const known = content.querySelector(".edited");
  if (edited_at === undefined) known?.remove();
  else if (!known) {
    content.append(make("button", { type: "button", class: "edited", "data-act": "versions", "aria-haspopup": "dialog", title: "What it said before" }, "edited"));
  }
}

function renderMark(element, row, acts) {
  const mark = element.querySelector(".mark");
  const isChanging = row.waiting.some(({ kind }) => kind !== "reaction");
  const state = isChanging ? "changing" : row.state;
  const readers = isChanging ? [] : (row.readers ?? []);
  if (mark.dataset.state === state && mark.dataset.readers === readers.join()) return;
  Object.assign(mark.dataset, { state, readers: readers.join() });
  const [symbol, words] = MARKS[state];
  mark.replaceChildren(
    make("span", { "aria-hidden": "true", title: words }, symbol),
    make("span", { class: "unseen" }, words),
  );
  if (readers.length > 0) mark.append(" ", readersButton(readers));
  element.querySelector(".failure")?.remove();
  if (state === "failed") element.append(failure(row, acts));
}

/** In a group it is said who has read. */
function readersButton(readers) {
  const words = `read by ${readers.length}`;
  return make("button", { type: "button", class: "readers", "data-act": "readers", "aria-haspopup": "dialog", title: `Read by ${namesOf(readers)}` }, words);
}

function failure({ client_id, failed, message }, acts) {
  const isOrphan = hasLostOrigin({ ...message, failed });
  const retry = make("button", { type: "button", class: "link" }, isOrphan ? "Send without the quote" : "Try again");
  const discard = make("button", { type: "button", class: "link" }, "Discard");
  // The button goes with what it is about, and must not take the focus along.
  const andBack = (act) => () => {
    act(client_id);
    $("text").focus();
  };
  retry.onclick = andBack(acts.retry);
  discard.onclick = andBack(acts.discard);
  const reason = isOrphan ? "The message that it answers is deleted." : explain(failed);
  return make("p", { class: "failure", role: "alert" }, `Not sent. ${reason} `, retry, " ", discard);
}
