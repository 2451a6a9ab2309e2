/** A picture as large as the window, with the way to keep it. */

import { $, make } from "./dom.js";

/** @param {{path: string, name: string}} picture The name is safe already. */
export function view({ path, name }) {
  const back = document.activeElement;
  $("viewer-name").textContent = name;
  $("viewer-name").title = name;
  $("viewer-picture").replaceChildren(make("img", { src: path, alt: name, decoding: "async" }));
  $("viewer-download").href = path;
  $("viewer").onclose = () => {
    $("viewer-picture").replaceChildren();
    back?.focus();
  };
  // A click beside the picture closes it.
  $("viewer").onclick = ({ target }) => {
    if (target === $("viewer") || target === $("viewer-picture")) $("viewer").close();
  };
  $("viewer").showModal();
}
