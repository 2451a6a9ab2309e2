/** What a press on one of a message's buttons does. The buttons say it by their `data-act`, and stand within the message that they are about. */

import { askToDelete } from "./deleting.js";
import { $ } from "./dom.js";
import { openPicker } from "./picker.js";
import { openReaders } from "./readers.js";
import { stepFrom } from "./tools.js";
import { openVersions } from "./versions.js";

const ACTS = {
  reply: (app, seq) => app.composer.reply(seq),
  edit: (app, seq) => app.composer.edit(seq),
  delete: askToDelete,
  react: (app, seq, button) => openPicker(app, button, (emoji) => toggle(app, seq, emoji)),
  toggle: (app, seq, { dataset }) => toggle(app, seq, dataset.emoji),
  versions: openVersions,
  readers: openReaders,
  origin: (app, seq, { dataset }) => app.goTo(app.selected, Number(dataset.origin)),
};

export function listenToMessages(app) {
  const timeline = $("timeline");
  timeline.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-act]");
    if (button) ACTS[button.dataset.act](app, Number(button.closest(".message").dataset.seq), button);
  });
  timeline.addEventListener("keydown", (event) => {
    const next = event.target.closest(".tools button") && !event.altKey ? stepFrom(event.target, event.key, timeline) : undefined;
    if (!next) return;
    event.preventDefault();
    next.focus();
  });
}

/** Gives the user's reaction with this emoji, or takes it back. */
function toggle(app, seq, emoji) {
  const message = app.messageOf(seq);
  if (!message) return;
  const removed = Boolean(message.reactions?.some((one) => one.emoji === emoji && one.users.includes(app.me)));
  app.change({ kind: "reaction", target: seq, emoji, ...(removed && { removed }) });
}
