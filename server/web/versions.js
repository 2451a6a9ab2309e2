/** What a message has said before, in a dialog. */

import { $, complain, make } from "./dom.js";
import { explain } from "./explain.js";
import { formatted } from "./formatted.js";
import { full, moment } from "./time.js";

export function openVersions(app, seq) {
  const conversation = app.selected;
  const load = async (before) => {
    $("versions-earlier").hidden = true;
    complain($("versions-error"), "");
    try {
      const { versions, more } = await app.session.call({ type: "versions", conversation, seq, ...(before && { before }) });
      $("versions-list").prepend(...versions.map(item));
      $("versions-earlier").hidden = !more;
      $("versions-earlier").onclick = () => load(versions[0].seq);
    } catch (refused) {
      complain($("versions-error"), explain(refused));
    }
  };
  $("versions-list").replaceChildren();
  $("versions").showModal();
  load(null);
}

function item({ at, text }) {
  const said = text === "" ? make("p", { class: "quiet" }, "(no text)") : make("div", { class: "text" }, ...formatted(text));
  return make("li", {}, make("time", { title: full(at) }, moment(at)), said);
}
