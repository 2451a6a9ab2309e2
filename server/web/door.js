/** The door: log in, or make an account. */

import { $, complain, write } from "./dom.js";
import { explain } from "./explain.js";
import { login, register } from "./http.js";
import { tellOtherTabs } from "./leave.js";
import { isName } from "./names.js";

const PASSWORD_BYTES_MIN = 8;
const PASSWORD_BYTES_MAX = 256;

const MODES = {
  login: { title: "Log in", ask: login, autocomplete: "current-password", question: "New here?", other: "register" },
  register: { title: "Create an account", ask: register, autocomplete: "new-password", question: "Been here before?", other: "login" },
};

/**
 * Shows the door until somebody is in.
 * @param {string} [note] Why they stand before it.
 * @returns {Promise<string>} Their name.
 */
export function openDoor(note = "") {
  let mode = "login";
  const enterMode = (next) => {
    mode = next;
    const { title, autocomplete, question, other } = MODES[mode];
    for (const id of ["door-title", "door-submit"]) write($(id), title);
    write($("door-other-text"), question);
    write($("door-other"), MODES[other].title);
    $("door-password").autocomplete = autocomplete;
    for (const id of ["door-name-hint", "door-password-hint"]) $(id).hidden = mode === "login";
    complain($("door-error"), "");
  };

  document.title = "chat";
  complain($("door-note"), note);
  enterMode(mode);
  $("door").hidden = false;
  $("door-name").focus();
  $("door-other").onclick = () => {
    enterMode(MODES[mode].other);
    $("door-name").focus();
  };
  $("door-reveal").onchange = ({ target }) => {
    $("door-password").type = target.checked ? "text" : "password";
  };
  return new Promise((entered) => {
    $("door-form").onsubmit = async (event) => {
      event.preventDefault();
      const user = await enter(mode);
      if (!user) return;
      tellOtherTabs(user);
      $("door-form").reset();
      $("door-password").type = "password";
      $("door").hidden = true;
      entered(user);
    };
  });
}

/** One try. What is wrong is said beside the field that it is about. */
async function enter(mode) {
  const name = $("door-name");
  const password = $("door-password");
  name.value = name.value.trim().toLowerCase();
  const refuse = (field, text) => {
    complain($("door-error"), text);
    field.focus();
    field.select();
  };
  if (!isName(name.value)) {
    return refuse(name, "A name is 1 to 32 characters of a–z, 0–9, _ . - and begins with a letter or digit.");
  }
  const bytes = new TextEncoder().encode(password.value).length;
  if (mode === "register" && bytes < PASSWORD_BYTES_MIN) return refuse(password, "A password has at least 8 characters.");
  if (bytes === 0) return refuse(password, "The password is missing.");
  if (bytes > PASSWORD_BYTES_MAX) return refuse(password, "A password has at most 256 bytes.");
  $("door-submit").disabled = true;
  try {
    complain($("door-error"), "");
    return (await MODES[mode].ask(name.value, password.value)).user;
  } catch (refused) {
    return refuse(refused.code === "name_taken" ? name : password, explain(refused));
  } finally {
    $("door-submit").disabled = false;
  }
}
