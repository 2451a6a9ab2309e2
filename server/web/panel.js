/** The panel of the group that is shown: what it is, who is in it, and what one may do about that. */

import { $, complain, write } from "./dom.js";
import { explainGroup } from "./explain.js";
import { isAdmin, isGroup, mayAdd, memberCount, topicProblem } from "./group.js";
import { MemberList } from "./memberlist.js";
import { membersProblem, nameIn, nameProblem } from "./newgroup.js";
import { namesIn } from "./names.js";
import { nameOf } from "./surroundings.js";
import { DAYS_MAX, daysIn, daysOf, keptWords } from "./retention.js";
import { safeLine } from "./text.js";

export class Panel {
  #app;
  #members;
  /** The group that the dialog is about. */
  #group = null;
  /** What stood in the form before anything was written into it: another admin may have changed the group since then. */
  #filled = {};
  /** The group that the user goes out of. */
  #leaving = null;

  constructor(app) {
    this.#app = app;
    this.#members = new MemberList(app, (request) => this.#change(request, $("members-error")));
    $("group-open").onclick = () => this.#open();
    $("group").onclose = () => {
      this.#group = null;
      app.composer.focus();
    };
    $("add-form").onsubmit = (event) => this.#submit(event, () => this.#add());
    $("change-form").onsubmit = (event) => this.#submit(event, () => this.#save());
    $("leave-group").onclick = () => this.#askToLeave();
    $("leaving-yes").onclick = () => this.#leave();
  }

  /** Whether the user goes out of it by their own will. */
  isLeaving(id) {
    return id === this.#leaving;
  }

  /** The group is not there any more. */
  close(id) {
    if (id !== this.#group) return;
    $("leaving").close();
    $("group").close();
  }

  handlePresence(who) {
    if (this.#group) this.#members.handlePresence(who);
  }

  /** Somebody is not there any more, and what is left of them has another name. */
  handleGone() {
    if (this.#group) this.#members.reload();
  }

  render() {
    const { conversation, selected, me, session } = this.#app;
    if (!this.#group || this.#group !== selected || !conversation) return;
    const { summary } = conversation;
    write($("group-title"), nameOf(summary, me));
    write($("group-topic"), safeLine(summary.topic ?? ""));
    const kind = summary.public ? "Public: everybody can find and join it." : "Private: its admins add members.";
    const past = summary.past === "all" ? "Newcomers see what was said before." : "Newcomers do not see what was said before.";
    write($("group-about"), `${kind} ${past} ${keptWords(daysOf(summary, session.limits))}`);
    write($("members-title"), memberCount(summary.members));
    $("add-form").hidden = !mayAdd(summary);
    $("change-form").hidden = !isAdmin(summary);
    for (const control of $("group").querySelectorAll("form.change button, #leave-group")) control.disabled = !session.online;
    this.#members.render(summary);
  }

  #open() {
    const { conversation, selected } = this.#app;
    if (!isGroup(conversation.summary)) return;
    this.#group = selected;
    this.#leaving = null;
    $("add-form").reset();
    this.#fill();
    for (const id of ["members-error", "add-error", "change-error", "leave-error"]) complain($(id), "");
    this.#members.open(selected);
    this.render();
    $("group").showModal();
  }

  /** What the admins may write anew. */
  #fill() {
    const { name, topic = "", past, retention_days = 0 } = this.#app.conversation.summary;
    this.#filled = { name, topic, past, retention_days };
    $("change-name").value = name;
    $("change-topic").value = topic;
    $("change-past").checked = past === "all";
    $("change-days").value = retention_days || "";
    const { retention_days: servers } = this.#app.session.limits;
    write($("change-days-hint"), servers ? `Empty: they stay as long as on the whole server. ${keptWords(servers)}` : "Empty: they stay. What is older is gone for everybody.");
  }

  #submit(event, act) {
    event.preventDefault();
    act();
  }

  async #add() {
    const users = namesIn($("add-names").value);
    if (users.length === 0) return;
    const problem = membersProblem(users);
    if (problem) complain($("add-error"), problem);
    else if (await this.#change({ type: "add_members", users }, $("add-error"))) $("add-form").reset();
    $("add-names").focus();
  }

  async #save() {
    const wanted = { name: nameIn($("change-name").value), topic: $("change-topic").value.trim(), past: $("change-past").checked ? "all" : "none", retention_days: daysIn($("change-days").value) };
    const problem = nameProblem(wanted.name) || topicProblem(wanted.topic) || daysProblem(wanted.retention_days);
    if (problem) {
      complain($("change-error"), problem);
      return;
    }
    const changed = Object.entries(wanted).filter(([field, value]) => value !== this.#filled[field]);
    if (changed.length === 0) complain($("change-error"), "It is so already.");
    else if (await this.#change({ type: "change_group", ...Object.fromEntries(changed) }, $("change-error"))) this.#fill();
  }

  #askToLeave() {
    const { conversation, me } = this.#app;
    complain($("leave-error"), "");
    write($("leaving-title"), `Leave ${nameOf(conversation.summary, me)}?`);
    write($("leaving-note"), conversation.summary.public ? "You can join it again." : "It is private: only its admins can add you again.");
    $("leaving").showModal();
  }

  async #leave() {
    $("leaving").close();
    this.#leaving = this.#group;
    if (!(await this.#change({ type: "leave" }, $("leave-error")))) this.#leaving = null;
  }

  /** @returns {Promise<boolean>} Whether it is done; if not, it is said why. */
  async #change(request, place) {
    const conversation = this.#group;
    complain(place, "");
    try {
      await this.#app.client.changeGroup({ ...request, conversation });
      if (request.type !== "leave" && this.#group === conversation) await this.#members.reload();
      return true;
    } catch (refused) {
      complain(place, explainGroup(refused));
      return false;
    }
  }
}

function daysProblem(days) {
  return days === null ? `Messages are removed after 1 to ${DAYS_MAX.toLocaleString("en-GB")} days.` : "";
}
