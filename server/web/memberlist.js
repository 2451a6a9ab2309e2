/** Who is in a group, in its panel: with what they may do, whether they are here, and what an admin may change of that. */

import { $, avatar, complain, make, reconcile, write } from "./dom.js";
import { explainGroup } from "./explain.js";
import { isAdmin } from "./group.js";

const PAGE_MAX = 200;
const PAGE = 50;

export class MemberList {
  #app;
  #change;
  #group = null;
  #members = [];
  #more = false;
  /** What the group was when the list was read: another number of members means another list. */
  #readAt = 0;

  /**
   * @param {import("./app.js").App} app
   * @param {(request: object) => Promise<boolean>} change Says itself what is wrong.
   */
  constructor(app, change) {
    this.#app = app;
    this.#change = change;
    $("members-more").onclick = () => this.#load(this.#members.length + PAGE);
  }

  open(group) {
    this.#group = group;
    this.#members = [];
    this.#more = false;
    this.#load(PAGE);
  }

  /** Reads as many again as are shown. */
  reload() {
    return this.#load(Math.max(PAGE, this.#members.length));
  }

  handlePresence({ user, online }) {
    this.#members = this.#members.map((member) => (member.user === user ? { ...member, online } : member));
  }

  render(summary) {
    const { me, session } = this.#app;
    // Somebody came, went, or is an admin from now on.
    const { seq } = this.#app.conversation.log?.entries.findLast(({ kind }) => kind === "members") ?? { seq: 0 };
    if (seq > this.#readAt && session.online) this.reload();
    const rows = this.#members.map((member) => ({ key: member.user, member }));
    const admin = isAdmin(summary);
    reconcile($("members-list"), rows, (row) => this.#create(row), (element, { member }) => this.#update(element, member, { me, admin }));
    $("members-more").hidden = !this.#more;
  }

  async #load(wanted) {
    const group = this.#group;
    this.#readAt = this.#app.conversation?.summary.head ?? 0;
    try {
      const members = [];
      let more = true;
      while (more && members.length < wanted) {
        const after = members.at(-1)?.user;
        const limit = Math.min(PAGE_MAX, wanted - members.length);
        const page = await this.#app.session.call({ type: "members", conversation: group, limit, ...(after && { after }) });
        members.push(...page.members);
        more = page.more;
      }
      if (group !== this.#group) return;
      this.#members = members;
      this.#more = more;
    } catch (refused) {
      if (group === this.#group) complain($("members-error"), explainGroup(refused));
    }
    this.#app.render();
  }

  #create({ member: { user } }) {
    const role = make("button", { type: "button", class: "role" });
    const remove = make("button", { type: "button", class: "remove danger", "aria-label": `Remove ${user}` }, "Remove");
    role.onclick = () => this.#act({ type: "set_role", user, role: role.dataset.role });
    remove.onclick = () => this.#act({ type: "remove_member", user });
    const words = make("span", { class: "entry" }, make("b", {}, user), make("small", {}));
    return make("li", {}, avatar(user), make("span", { class: "dot" }), words, role, remove);
  }

  #update(element, { user, role, online }, { me, admin }) {
    const [, dot, words, roleButton, removeButton] = element.children;
    dot.classList.toggle("online", online);
    const about = [user === me && "you", role === "admin" && "admin", online ? "online" : "offline"];
    write(words.lastElementChild, about.filter(Boolean).join(" · "));
    roleButton.hidden = !admin;
    roleButton.dataset.role = role === "admin" ? "member" : "admin";
    write(roleButton, role !== "admin" ? "Make admin" : user === me ? "Give admin back" : "Take admin back");
    roleButton.setAttribute("aria-label", `${roleButton.textContent}: ${user}`);
    removeButton.hidden = !admin || user === me;
  }

  /** The button may go with its row, and must not take the focus along. */
  async #act(request) {
    const button = document.activeElement;
    await this.#change(request);
    this.#app.renderNow();
    if (!button.isConnected || !button.checkVisibility()) $("members-title").focus();
  }
}
