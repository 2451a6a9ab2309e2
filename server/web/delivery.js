/** What the server is told of messages that have reached this page: once a second in each conversation at most. Pure: the time is given. */

export const REST_MS = 1000;

export class Delivery {
  /** @type {Map<string, {got: number, told: number, until: number}>} By conversation. */
  #marks = new Map();

  /**
   * Everything up to a number is here.
   * @param {number} [until] Before this it need not be told: it may be read at once, which says the same.
   */
  got(conversation, seq, until = 0) {
    const mark = this.#marks.get(conversation) ?? { got: 0, told: 0, until: 0 };
    mark.got = Math.max(mark.got, seq);
    mark.until = Math.max(mark.until, until);
    this.#marks.set(conversation, mark);
  }

  /** Everything up to a number is read, which says that it is here as well. */
  handleRead(conversation, seq) {
    this.got(conversation, seq);
    const mark = this.#marks.get(conversation);
    mark.told = Math.max(mark.told, seq);
  }

  /** What is to be told now. @returns {Array<{conversation: string, seq: number}>} */
  due(now) {
    const due = [];
    for (const [conversation, mark] of this.#marks) {
      if (mark.got <= mark.told || mark.until > now) continue;
      Object.assign(mark, { told: mark.got, until: now + REST_MS });
      due.push({ conversation, seq: mark.got });
    }
    return due;
  }

  /** When the next one is due; nothing when nothing is to be told. */
  get deadline() {
    const waiting = [...this.#marks.values()].filter(({ got, told }) => got > told);
    return waiting.length ? Math.min(...waiting.map(({ until }) => until)) : null;
  }

  /** Whether the last of it arrived is unknown; the next connection begins with what is unread. */
  handleDisconnected() {
    this.#marks.clear();
  }
}
