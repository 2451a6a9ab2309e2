/** Whether a message is really to be deleted. */

import { $, write } from "./dom.js";
import { gist } from "./gist.js";

export function askToDelete(app, seq) {
  const message = app.messageOf(seq);
  if (!message) return;
  write($("deleting-gist"), gist(message));
  $("deleting-yes").onclick = () => {
    $("deleting").close();
    app.change({ kind: "deletion", target: seq });
  };
  $("deleting").onclose = () => {
    write($("deleting-gist"), "");
    app.composer.focus();
  };
  $("deleting").showModal();
}
