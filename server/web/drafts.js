/** What is begun to be written stays with its conversation, also when the browser is closed. A tab writes only what was changed in it. */

export class Drafts {
  #prefix;
  #known = new Map();

  constructor(user) {
    this.#prefix = `chat.draft/${user}/`;
  }

  get(conversation) {
    const text = localStorage.getItem(this.#prefix + conversation) ?? "";
    this.#known.set(conversation, text);
    return text;
  }

  set(conversation, text) {
    if ((this.#known.get(conversation) ?? "") === text) return;
    this.#known.set(conversation, text);
    try {
      if (text) localStorage.setItem(this.#prefix + conversation, text);
      else localStorage.removeItem(this.#prefix + conversation);
    } catch {
      // A draft is a courtesy; no room for it is no reason to disturb who writes.
    }
  }
}
