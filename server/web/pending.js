/** What the user has sent, or has chosen to send, and is not in the log yet: messages, changes of messages, and the files on their way. */

import { laneOf } from "./body.js";
import { folded } from "./fold.js";

export class Pending {
  #client;

  /** @param {import("./client.js").Client} client */
  constructor(client) {
    this.#client = client;
  }

  /** Messages that wait for a conversation, in their order; those behind them wait for their files. */
  messagesOf(id) {
    const { session } = this.#client;
    const sent = this.uploadsOf(id).filter(({ record }) => record.batch);
    return [...session.outgoing.messages.filter(this.#isFor(id)), ...sent.map(asMessage)];
  }

  /** Changes that wait for a conversation, in their order. */
  changesOf(id) {
    return this.#client.session.outgoing.changes.filter(this.#isFor(id));
  }

  /** The loaded entries of a conversation, as they are once everything that waits is done. */
  entriesOf(id) {
    const { me, session } = this.#client;
    const { log } = session.conversations.get(id) ?? {};
    if (!log || log.loading) return [];
    return this.changesOf(id).reduce((entries, change) => folded(entries, { ...change, from: me }), log.entries);
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

  /** The last thing that waits for each conversation, by its lane. */
  lasts() {
    const sent = this.#uploads.all.filter(({ record }) => record.batch && !record.cancelled);
    const messages = [...this.#client.session.outgoing.all, ...sent.map(asMessage)];
    return new Map(messages.map((message) => [laneOf(message), message]));
  }

  /** Where something waits to be sent, each place once. @returns {Array<{to: string} | {conversation: string}>} */
  targets() {
    const records = this.#uploads.all.map(({ record }) => record).filter(({ cancelled }) => !cancelled);
    const waiting = [...this.#client.session.outgoing.all, ...records];
    const targets = waiting.map(({ to, conversation }) => (conversation ? { conversation } : { to }));
    return [...new Map(targets.map((target) => [laneOf(target), target])).values()];
  }

  /**
   * Sends a text, and the files that were chosen for it.
   * @param {number} [replyTo] The message that it answers.
   * @throws {Error} when that cannot be kept.
   */
  say(id, text, replyTo) {
    const staged = this.stagedOf(id);
    if (staged.length > 0) this.#client.uploader.send(staged, text, replyTo);
    else this.#client.say(id, text, replyTo);
  }

  /**
   * Changes a message of a conversation.
   * @throws {Error} when that cannot be kept.
   */
  change(id, change) {
    this.#client.change(id, change);
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

  /** What an earlier page has kept by a name stands where that leads. */
  #isFor(id) {
    const peer = this.#client.session.conversations.get(id)?.summary.peer?.user;
    return ({ to, conversation }) => (conversation ? conversation === id : to === peer);
  }
}

/** An upload that was sent, as the message that it will be. */
function asMessage({ record, failed }) {
  const { client_id, to, conversation, text, at, reply_to, name, size, type } = record;
  return { client_id, to, conversation, text, at, reply_to, failed, file: { name, size, type } };
}
