/** What is begun to be written stays with its conversation, also when the browser is closed. A tab writes only what was changed in it. */

/** A longer one, which no message holds, stays in its tab: the room in the storage is for messages that are not sent yet. */
const KEPT_CHARS_MAX = 65_536;

export class Drafts {
  #prefix;
  #storage;
  /** What this tab has last got or set. */
  #known = new Map();
  /** What the storage does not take. */
  #unkept = new Map();

  constructor(user, storage = localStorage) {
    this.#prefix = `chat.draft/${user}/`;
    this.#storage = storage;
  }

  get(conversation) {
    const text = this.#unkept.get(conversation) ?? this.#storage.getItem(this.#prefix + conversation) ?? "";
    this.#known.set(conversation, text);
    return text;
  }

  set(conversation, text) {
    if ((this.#known.get(conversation) ?? "") === text) return;
    this.#known.set(conversation, text);
    this.#unkept.delete(conversation);
    try {
      if (text.length > KEPT_CHARS_MAX) this.#unkept.set(conversation, text);
      else if (text) this.#storage.setItem(this.#prefix + conversation, text);
      else this.#storage.removeItem(this.#prefix + conversation);
    } catch {
      this.#unkept.set(conversation, text);
    }
  }

  /** Whether the browser keeps any. */
  get areKept() {
    return Object.keys(this.#storage).some((key) => key.startsWith(this.#prefix));
  }
}
