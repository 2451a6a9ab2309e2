/** The end of the account: asked for with its name and its password, because nothing brings it back. */

import { $, complain, write } from "./dom.js";
import { explain } from "./explain.js";

export function openErase(app) {
  const refuse = (field, text) => {
    complain($("erase-error"), text);
    field.focus();
  };
  const erase = async () => {
    const [name, password] = [$("erase-name"), $("erase-password")];
    complain($("erase-error"), "");
    if (name.value.trim() !== app.me) return refuse(name, `Type ${app.me} to say that you mean this account.`);
    if (!password.value) return refuse(password, "The password is missing.");
    $("erase-yes").disabled = true;
    try {
      return await app.deleteAccount(password.value);
    } catch (refused) {
      return refuse(password, refused.code === "bad_credentials" ? "The password is not right." : explain(refused));
    } finally {
      $("erase-yes").disabled = false;
    }
  };
  write($("erase-whose"), app.me);
  $("erase-open").onclick = () => {
    $("erase-form").reset();
    complain($("erase-error"), "");
    $("erase").showModal();
    $("erase-name").focus();
  };
  $("erase-cancel").onclick = () => $("erase").close();
  // A password must not stay in a field that nobody looks at.
  $("erase").onclose = () => $("erase-form").reset();
  $("erase-form").onsubmit = (event) => {
    event.preventDefault();
    erase();
  };
}

/** Takes away all that this browser keeps of a user. */
export function forgetUser(user, storage = localStorage) {
  const isTheirs = (key) => {
    const [kind, name] = key.split("/");
    return kind.startsWith("chat.") && name === user;
  };
  for (const key of Object.keys(storage).filter(isTheirs)) storage.removeItem(key);
}
