/**
 * Moves the bytes of uploads, and keeps their records in the storage, in the same kind of journal as unsent messages: an upload outlives
 * the page, though its file does not. The user has to choose that again.
 */

import { Outbox, freshClientId, randomId } from "./outbox.js";
import { SLICE_BYTES, abandon, append, create, idOf, offsetOf } from "./tus.js";
import { Uploads } from "./uploads.js";

export class Uploader {
  uploads = new Uploads();
  #journal;
  #deliver;
  #tell;
  /** @type {Map<Upload, AbortController>} What can be interrupted. */
  #running = new Map();
  #rest = 0;
  #isStopped = false;

  /**
   * @param {string} me Whose uploads.
   * @param {object} edges
   * @param {(message: object) => void} edges.deliver Takes over a message whose file is there. @throws {Error} when it cannot be kept.
   * @param {(event: {type: string}) => void} edges.tell
   */
  constructor(me, { deliver, tell }) {
    this.#deliver = deliver;
    this.#tell = tell;
    this.#journal = new Outbox(me, (record) => this.#adopt(record), { prefix: "chat.upload" });
  }

  /** Takes over what was left. */
  async open() {
    await this.#journal.open();
  }

  stop() {
    this.#isStopped = true;
    clearTimeout(this.#rest);
    for (const abort of this.#running.values()) abort.abort();
  }

  /** The connection is back. */
  nudge() {
    this.uploads.nudge();
    this.#pump();
  }

  /**
   * Begins to upload a file.
   * @param {string} conversation Where it will be sent.
   * @throws {Error} when it cannot be remembered.
   */
  add(conversation, file, { name, type, pasted }) {
    const { size, lastModified: modified } = file;
    const record = { client_id: freshClientId(), conversation, text: "", at: Date.now(), name, size, modified, type, pasted };
    this.#journal.keep(record);
    this.uploads.add(record, file);
    this.#pump();
  }

  /** Goes on with one whose file was chosen again. */
  resume(upload, file) {
    upload.resume(file);
    this.#pump();
  }

  /**
   * Sends these as messages, as soon as they are there. The text goes with the first of them, and so does what it answers.
   * @param {Upload[]} uploads
   * @param {string} text
   * @param {number} [replyTo]
   * @throws {Error} when that cannot be remembered; then nothing was sent.
   */
  send(uploads, text, replyTo) {
    const batch = randomId();
    const first = { text, ...(replyTo && { reply_to: replyTo }) };
    const sent = uploads.map(({ record }, index) => [record, { batch, at: Date.now(), ...(index === 0 ? first : { text: "" }) }]);
    for (const [record, change] of sent) this.#journal.update({ ...record, ...change });
    for (const [record, change] of sent) Object.assign(record, change);
    this.#pump();
  }

  retry(upload) {
    upload.retry();
    this.#pump();
  }

  /**
   * What an earlier page has kept by a name is for this from here on, whoever may be called so later.
   * @param {{to: string} | {conversation: string}} target
   */
  retarget(name, target) {
    for (const upload of this.uploads.all.filter(({ record }) => !record.conversation && record.to === name)) {
      delete upload.record.to;
      Object.assign(upload.record, target);
      this.#keep(upload);
    }
  }

  /** Gives it up; the server is told as soon as it can be reached. */
  cancel(upload) {
    upload.record.cancelled = true;
    this.#keep(upload);
    if (upload.state === "running") this.#running.get(upload)?.abort();
    else upload.retry();
    this.#pump();
  }

  /** Gives up a file that is there, but was never sent. Where that is not done, the server does it a week later. */
  forget({ id, name, size }) {
    this.uploads.add({ client_id: freshClientId(), name, size, url: `/api/uploads/${id}`, cancelled: true });
    this.#pump();
  }

  #adopt(record) {
    this.uploads.add(record);
    this.#pump();
  }

  #pump() {
    if (this.#isStopped) return;
    for (const upload of this.uploads.ready(Date.now())) this.#run(upload);
    for (const upload of this.uploads.deliverable()) this.#handOver(upload);
    clearTimeout(this.#rest);
    const { deadline } = this.uploads;
    if (deadline !== null) this.#rest = setTimeout(() => this.#pump(), Math.max(0, deadline - Date.now()));
    this.#tell({ type: "uploads" });
  }

  async #run(upload) {
    const wasCancelled = upload.record.cancelled;
    try {
      await (wasCancelled ? this.#giveUp(upload) : this.#move(upload));
    } catch (refused) {
      upload.broke(refused, Date.now(), Math.random());
      // The server will not hear of it; what is left there expires.
      if (wasCancelled && upload.state === "failed") this.#done(upload);
    }
    this.#running.delete(upload);
    if (upload.record.cancelled && !wasCancelled) upload.retry();
    this.#keep(upload);
    this.#pump();
  }

  /** From wherever it is to the end, or until something comes in between. */
  async #move(upload) {
    const { record } = upload;
    if (!record.url) {
      if (!upload.file) return upload.strand();
      // Not to be interrupted: the server would keep an upload of which nobody knows.
      record.url = await create(record);
      this.#keep(upload);
      upload.reached(0);
    } else {
      upload.reached(await offsetOf(record.url, this.#interruption(upload)));
    }
    while (upload.bytes < record.size) {
      if (record.cancelled) return undefined;
      if (!upload.file) return upload.strand();
      const offset = upload.bytes;
      const slice = upload.file.slice(offset, offset + SLICE_BYTES);
      const progressed = (sent) => {
        upload.moved(offset + sent, Date.now());
        this.#tell({ type: "progress" });
      };
      upload.reached(await append(record.url, offset, slice, progressed, this.#interruption(upload)));
    }
    return upload.complete();
  }

  #interruption(upload) {
    const abort = new AbortController();
    this.#running.set(upload, abort);
    return abort.signal;
  }

  async #giveUp(upload) {
    const { url } = upload.record;
    if (url) await abandon(url);
    this.#done(upload);
  }

  /** It is in the outbox before it is forgotten here: a page that ends in between sends it under the same id, once. */
  #handOver(upload) {
    const { client_id, to, conversation, text, at, reply_to, name, size, type, url } = upload.record;
    try {
      this.#deliver({ client_id, to, conversation, text, at, reply_to, file: { id: idOf(url), name, size, type } });
      this.#done(upload);
    } catch (error) {
      upload.state = "failed";
      upload.failed = { code: "not_kept", message: error.message };
    }
  }

  #done(upload) {
    this.uploads.remove(upload);
    this.#journal.done(upload.id);
  }

  #keep(upload) {
    try {
      this.#journal.update(upload.record);
    } catch {
      // It goes on as long as the page; only a reload would not find it.
    }
  }
}
