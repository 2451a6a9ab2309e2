/** What a user has set on this browser. */

export class Settings {
  #typing;

  constructor(user) {
    this.#typing = `chat.typing/${user}`;
  }

  /** Whether others are told when the user is typing. */
  get tellsTyping() {
    return localStorage.getItem(this.#typing) !== "off";
  }

  /** @throws {Error} when it cannot be kept. */
  set tellsTyping(isTold) {
    if (isTold) localStorage.removeItem(this.#typing);
    else localStorage.setItem(this.#typing, "off");
  }
}
