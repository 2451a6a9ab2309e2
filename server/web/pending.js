/** What the user has sent, or has chosen to send, and is not in the log yet: messages, and the files on their way. */

import { laneOf } from "./outgoing.js";

export class Pending {
  #client;
  #targetOf;

  /**
   * @param {import("./client.js").Client} client
   * @param {(conversation: string) => object} targetOf How a message names a conversation.
   */
  constructor(client, targetOf) {
    this.#client = client;
    this.#targetOf = targetOf;
  }

  /** Messages that wait for a conversation, in their order; those behind them wait for their files. */
  messagesOf(id) {
    const { session } = this.#client;
    const sent = this.uploadsOf(id).filter(({ record }) => record.batch);
    return [...session.outgoing.messages.filter(this.#isFor(id)), ...sent.map(asMessage)];
  }

  /** Files on their way to a conversation. */
  uploadsOf(id) {
    const isHere = this.#isFor(id);
    return this.#uploads.all.filter(({ record }) => !record.cancelled && isHere(record));
  }

  /** Those of them that go with the next message. */
  stagedOf(id) {
    return this.uploadsOf(id).filter((upload) => upload.isStaged);
  }

  /** The last message to each conversation, by its lane. */
  lasts() {
    const sent = this.#uploads.all.filter(({ record }) => record.batch && !record.cancelled);
    const messages = [...this.#client.session.outgoing.messages, ...sent.map(asMessage)];
    return new Map(messages.map((message) => [laneOf(message), message]));
  }

  /** Names of those for whom something waits. */
  names() {
    const waiting = [...this.#client.session.outgoing.messages, ...this.#uploads.all.map(({ record }) => record)];
    return new Set(waiting.map(({ to }) => to).filter(Boolean));
  }

  /**
   * Sends a text, and the files that were chosen for it.
   * @throws {Error} when that cannot be kept.
   */
  say(id, text) {
    const staged = this.stagedOf(id);
    if (staged.length > 0) this.#client.uploader.send(staged, text);
    else this.#client.say(this.#targetOf(id), text);
  }

  /** Tries a failed message again, or its file. */
  retry(clientId) {
    const upload = this.#uploads.find(clientId);
    if (upload) this.#client.uploader.retry(upload);
    else this.#client.session.retry(clientId);
  }

  /** Takes a failed message back, and its file. */
  discard(clientId) {
    const { session, uploader } = this.#client;
    const upload = this.#uploads.find(clientId);
    const file = session.outgoing.find(clientId)?.file;
    if (upload) uploader.cancel(upload);
    else session.discard(clientId);
    if (file) uploader.forget(file);
  }

  get #uploads() {
    return this.#client.uploader.uploads;
  }

  /** Before it was known, a conversation was called by somebody's name. */
  #isFor(id) {
    const lanes = [laneOf(this.#targetOf(id)), id];
    return (message) => lanes.includes(laneOf(message));
  }
}

/** An upload that was sent, as the message that it will be. */
function asMessage({ record, failed }) {
  const { client_id, to, conversation, text, at, name, size, type } = record;
  return { client_id, to, conversation, text, at, failed, file: { name, size, type } };
}
