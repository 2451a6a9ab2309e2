/** Who has read a message in a group, in a dialog. */

import { $, make, write } from "./dom.js";

export function openReaders({ conversation }, seq) {
  const readers = conversation.readersOf(seq);
  write($("readers-title"), `Read by ${readers.length} of ${conversation.summary.members - 1}`);
  $("readers-list").replaceChildren(...readers.map((name) => make("li", {}, name)));
  $("readers").showModal();
}
