/** Who is in a conversation besides the user, by their names: for those who begin to write one. */

import { isGroup } from "./group.js";

const PAGE_MAX = 200;

export class People {
  #app;
  /** Of groups, once somebody was looked for in them. @type {Map<string, string[]>} */
  #members = new Map();
  #asked = new Set();

  constructor(app) {
    this.#app = app;
  }

  /**
   * Those in the conversation that is shown whose names begin so.
   * @param {() => void} came Called when more are known.
   * @returns {string[]} In the order of the alphabet.
   */
  named(beginning, came) {
    const { conversation, me, selected } = this.#app;
    const { summary } = conversation;
    if (isGroup(summary) && !this.#members.has(selected)) this.#ask(selected, came);
    const names = isGroup(summary) ? (this.#members.get(selected) ?? []) : [summary.peer?.user ?? ""];
    return names.filter((name) => name !== me && name.startsWith(beginning));
  }

  /** Somebody came or went. */
  forget(conversation) {
    this.#members.delete(conversation);
    this.#asked.delete(conversation);
  }

  /** Once, however often somebody is looked for meanwhile. */
  async #ask(conversation, came) {
    if (this.#asked.has(conversation)) return;
    this.#asked.add(conversation);
    const names = [];
    try {
      for (let more = true; more; ) {
        const after = names.at(-1);
        const page = await this.#app.session.call({ type: "members", conversation, limit: PAGE_MAX, ...(after && { after }) });
        names.push(...page.members.map(({ user }) => user));
        more = page.more;
      }
    } catch {
      // It is asked again with the next letter.
      this.#asked.delete(conversation);
    }
    // Who came meanwhile is not among them.
    if (!this.#asked.has(conversation)) return;
    this.#members.set(conversation, names);
    came();
  }
}
