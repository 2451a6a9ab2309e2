/** What has been asked on the connection and is not answered yet. */

/** Answers what was asked when no answer can come any more. */
const LOST = { type: "error", code: "unavailable", message: "the connection was lost" };

export class Requests {
  #last = 0;
  /** @type {Map<string, (answer: object) => void>} */
  #open = new Map();

  /**
   * Gives the request a fresh id.
   * @param {object} call
   * @param {(answer: object) => void} answered Called once: with the answer, or with an error.
   */
  add(call, answered) {
    const id = String(++this.#last);
    this.#open.set(id, answered);
    return { ...call, id };
  }

  /** Gives a request an id whose answer nobody waits for. */
  unanswered(call) {
    return { ...call, id: String(++this.#last) };
  }

  /** Hands an answer to who asked; one to a request that is not open is passed over. */
  answer(frame) {
    const answered = this.#open.get(frame.id);
    this.#open.delete(frame.id);
    answered?.(frame);
  }

  /** The connection is lost. */
  lose() {
    const open = [...this.#open.values()];
    this.#open.clear();
    for (const answered of open) answered(LOST);
  }
}
