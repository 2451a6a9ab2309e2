/** Keys that work everywhere in the chat, and the help that tells of them. */

import { $ } from "./dom.js";

export function listenToKeys(app) {
  $("help-open").onclick = () => $("help").showModal();
  $("help").onclose = () => app.composer.focus();
  $("back").onclick = () => app.back();
  document.addEventListener("keydown", (event) => {
    // A dialog keeps its keys for itself.
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (handle(app, event)) event.preventDefault();
  });
}

function handle(app, { key, ctrlKey, metaKey, altKey, shiftKey }) {
  const isControl = ctrlKey || metaKey;
  if (isControl && !altKey && !shiftKey && key.toLowerCase() === "k") {
    showList(app);
  } else if (isControl && shiftKey && !altKey && key.toLowerCase() === "f") app.search.open();
  else if (key === "/" && !isControl && !altKey && !isWriting()) app.search.open();
  else if (altKey && !isControl && key === "ArrowUp") app.step(-1);
  else if (altKey && !isControl && key === "ArrowDown") app.step(1);
  else if (isControl && key === "End" && app.conversation) app.timeline.newest();
  else if (key === "F1") $("help").showModal();
  else if (key === "Escape" && app.isInConversation) app.back();
  else if (key === "Escape") app.composer.focus();
  else return false;
  return true;
}

function showList(app) {
  app.search.hide();
  if (app.isInConversation) app.back();
  else app.sidebar.focus();
}

function isWriting() {
  return document.activeElement?.matches("input, textarea");
}
