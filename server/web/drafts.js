/** What is begun to be written stays with its conversation, for as long as the browser's tab. */

export class Drafts {
  #prefix;

  constructor(user) {
    this.#prefix = `chat.draft/${user}/`;
  }

  get(conversation) {
    return sessionStorage.getItem(this.#prefix + conversation) ?? "";
  }

  set(conversation, text) {
    try {
      if (text) sessionStorage.setItem(this.#prefix + conversation, text);
      else sessionStorage.removeItem(this.#prefix + conversation);
    } catch {
      // A draft is a courtesy; no room for it is no reason to disturb who writes.
    }
  }
}
