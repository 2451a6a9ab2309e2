/** The dialog that makes a group. */

import { $, complain } from "./dom.js";
import { explainGroup } from "./explain.js";
import { ADDED_MAX, topicProblem } from "./group.js";
import { isName, namesIn } from "./names.js";

export const NAME_RULE = "A name is 1 to 32 characters of a–z, 0–9, _ . - and begins with a letter or digit.";

/** Connects the dialog with the page. */
export function openNewGroup(app) {
  const dialog = $("new-group");
  $("new-group-open").onclick = () => {
    $("new-group-form").reset();
    complain($("new-group-error"), "");
    dialog.showModal();
    $("new-group-name").focus();
  };
  dialog.onclose = () => app.composer.focus();
  // What is wrong is said as it is typed, but not before anything is.
  $("new-group-name").oninput = ({ target }) => complain($("new-group-error"), target.value ? nameProblem(nameIn(target.value)) : "");
  $("new-group-form").onsubmit = (event) => {
    event.preventDefault();
    make(app);
  };
}

/** What is wrong with a group's name; nothing when it is fine. */
export function nameProblem(name) {
  return isName(name) ? "" : NAME_RULE;
}

/** As it was typed, perhaps with the sign that stands before it. */
export function nameIn(typed) {
  return typed.trim().toLowerCase().replace(/^#/, "");
}

/** What is wrong with the names of those who are to come in; nothing when they are fine. */
export function membersProblem(names) {
  const wrong = names.find((name) => !isName(name));
  if (wrong !== undefined) return "Write the names of members with spaces or commas between them.";
  return names.length > ADDED_MAX ? `At most ${ADDED_MAX} can be added at once.` : "";
}

async function make(app) {
  const name = nameIn($("new-group-name").value);
  const topic = $("new-group-topic").value.trim();
  const members = namesIn($("new-group-members").value).filter((member) => member !== app.me);
  const refuse = (field, text) => {
    complain($("new-group-error"), text);
    field.focus();
  };
  for (const [field, problem] of [
    [$("new-group-name"), nameProblem(name)],
    [$("new-group-topic"), topicProblem(topic)],
    [$("new-group-members"), membersProblem(members)],
  ]) if (problem) return refuse(field, problem);
  const request = { type: "create_group", name, topic, public: $("new-group-public").checked, past: $("new-group-past").checked ? "all" : "none", members };
  $("new-group-make").disabled = true;
  try {
    complain($("new-group-error"), "");
    const id = await app.client.changeGroup(request);
    $("new-group").close();
    app.select(id);
  } catch (refused) {
    refuse(refused.code === "unknown_user" ? $("new-group-members") : $("new-group-name"), explainGroup(refused));
  } finally {
    $("new-group-make").disabled = false;
  }
}
