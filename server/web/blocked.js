/** Whom the user has blocked, in the account's dialog. */

import { $, avatar, complain, make } from "./dom.js";
import { explain } from "./explain.js";

export async function loadBlocked(app) {
  complain($("blocked-error"), "");
  try {
    const { users } = await app.session.call({ type: "blocked" });
    $("blocked-list").replaceChildren(...users.map((user) => row(app, user)));
    $("blocked-none").hidden = users.length > 0;
  } catch (refused) {
    $("blocked-list").replaceChildren();
    $("blocked-none").hidden = true;
    complain($("blocked-error"), explain(refused));
  }
}

function row(app, user) {
  const button = make("button", { type: "button", "aria-label": `Unblock ${user}` }, "Unblock");
  button.onclick = async () => {
    button.disabled = true;
    try {
      await app.session.prefer({ to: user }, { blocked: false });
      await loadBlocked(app);
      $("blocked-title").focus();
    } catch (refused) {
      button.disabled = false;
      complain($("blocked-error"), explain(refused));
    }
  };
  return make("li", {}, avatar(user), make("span", { class: "entry" }, make("b", {}, user)), button);
}
