/**
 * What the page knows and asks for, without a socket, a disk or a clock: frames go in, requests go out through `send`, and `tell` says
 * what has changed. The same rules as the Rust clients keep (`client/src/session`): nothing lost, nothing shown twice.
 */

import { entryOf, isSame, requestOf } from "./body.js";
import { Conversation } from "./conversation.js";
import { Delivery, REST_MS } from "./delivery.js";
import { isChange } from "./fold.js";
import { isGroup, movesMembers, WHISPERING_MEMBERS_MAX } from "./group.js";
import { hasGone } from "./names.js";
import { Outgoing } from "./outgoing.js";
import { Pages } from "./pages.js";
import { Requests } from "./requests.js";
import { Typing } from "./typing.js";

const LIST_MAX = 100;
const MEMBERS_MAX = 200;
/** Conversations whose entries stay loaded. */
const LOGS_MAX = 8;

export class Session {
  online = false;
  /** The list of conversations has been read once on this connection. */
  synced = false;
  limits = { text_bytes_max: 8192 };
  /** @type {Map<string, Conversation>} */
  conversations = new Map();
  outgoing = new Outgoing();
  typing = new Typing();
  pages;
  #delivery = new Delivery();
  #requests = new Requests();
  #summariesAsked = new Set();
  /** Conversations that were told of since the list was asked for. */
  #listed = new Set();
  #me;
  #send;
  #tell;
  #now;
  #isRead;
  #keep;

  /**
   * @param {object} edges
   * @param {string} edges.me Whose session it is.
   * @param {(request: object) => void} edges.send Only called while it is online.
   * @param {(event: {type: string}) => void} edges.tell
   * @param {() => number} edges.now Milliseconds.
   * @param {(conversation: string) => boolean} [edges.isRead] Whether what comes there is read at once.
   * @param {(message: object) => boolean} [edges.keep] Keeps a message as it is now; whether the storage has taken it.
   */
  constructor({ me, send, tell, now, isRead = () => false, keep = () => true }) {
    this.#me = me;
    this.#send = send;
    this.#tell = tell;
    this.#now = now;
    this.#isRead = isRead;
    this.#keep = keep;
    this.pages = new Pages(this.conversations, {
      ask: (call, answered) => this.#ask(call, answered),
      isOnline: () => this.online,
      found: (entry) => this.#settleKnown(entry),
      // What of it is unread is for the server to say.
      wentBack: (id) => this.#askSummary(id),
      changed: (id) => this.#changed(id),
    });
  }

  // The connection.

  handleWelcome(welcome) {
    this.online = true;
    this.limits = welcome.limits;
    this.#listed.clear();
    this.#askList(null);
    for (const [id, { log }] of this.conversations) if (log?.loading) this.pages.askNewest(id);
    this.pump();
  }

  handleDisconnected() {
    this.online = false;
    this.synced = false;
    this.outgoing.handleDisconnected();
    this.typing.handleDisconnected();
    this.#delivery.handleDisconnected();
    for (const conversation of this.conversations.values()) conversation.handleDisconnected();
    this.#requests.lose();
  }

  handleFrame(frame) {
    if (frame.id !== undefined) this.#requests.answer(frame);
    else if (frame.type === "entry") this.#handleEntry(frame);
    else if (frame.type === "presence") this.#handlePresence(frame);
    else if (frame.type === "receipt") this.#handleReceipt(frame);
    else if (frame.type === "marks") this.#handleMarks(frame);
    else if (frame.type === "typing") this.#handleTyping(frame);
    else if (frame.type === "left") this.#handleLeft(frame.conversation);
    else if (frame.type === "preferences") this.#handlePreferences(frame);
    else if (frame.type === "begins") this.#handleBegins(frame);
    else if (frame.type === "gone") this.#handleGone(frame);
    // Anything else comes from a later server, and is passed over.
  }

  // What the user does.

  /** Asks for something that does not repeat by itself; it is refused at once without a connection. */
  call(request) {
    return new Promise((resolve, reject) => {
      if (!this.online) {
        reject({ code: "unavailable", message: "not connected to the server right now" });
        return;
      }
      this.#ask(request, (answer) => (answer.type === "error" ? reject(answer) : resolve(answer)));
    });
  }

  /**
   * Makes sure that there is a conversation; gives its id.
   * @param {{to: string} | {conversation: string}} target
   */
  async open(target) {
    const { summary } = await this.call({ type: "open", ...target });
    this.#handleSummary(summary);
    return summary.conversation;
  }

  /**
   * Makes a group, or changes one, or who is in it; gives its id. What it has become is known when this returns.
   * @param {object} request With its `client_id`.
   */
  async changeGroup(request) {
    const { summary, conversation, seq } = await this.call(request);
    if (summary) this.#handleSummary(summary);
    // Nobody is told of what they did themselves: the entry is read from the log.
    else if (request.type !== "leave") {
      await this.open({ conversation });
      const known = this.conversations.get(conversation);
      if (known) {
        known.reaches(seq);
        this.pages.advance(conversation);
      }
    }
    return summary?.conversation ?? conversation;
  }

  /**
   * Changes what the user prefers about a conversation, on all of their devices.
   * @param {{to: string} | {conversation: string}} target
   * @param {{level?: string, archived?: boolean, blocked?: boolean}} change
   */
  async prefer(target, change) {
    const { summary } = await this.call({ type: "prefer", ...target, ...change });
    this.#handleSummary(summary);
  }

  /** Sends what the outbox has kept: a message, or a change of one. */
  say(message) {
    this.outgoing.push(message);
    if (!message.conversation) this.#resolve(message.to);
    this.#tell({ type: "outgoing" });
    this.pump();
    if (!isChange(message)) this.notifyTyping(message.conversation, true);
  }

  retry(clientId) {
    const message = this.outgoing.retry(clientId);
    if (!message) return;
    this.#tell({ type: "retried", message });
    this.pump();
  }

  discard(clientId) {
    if (this.outgoing.remove(clientId)) this.#tell({ type: "settled", client_id: clientId });
    this.pump();
  }

  /**
   * Loads a conversation's newest entries, or those around a wanted one, and keeps them up to date from now on.
   * @param {number} [seq]
   */
  show(id, seq) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    // The one shown last stands last, and the one that was not shown for longest is given up.
    this.conversations.delete(id);
    this.conversations.set(id, conversation);
    const loaded = [...this.conversations.values()].filter(({ log }) => log);
    if (!conversation.log && loaded.length >= LOGS_MAX) loaded[0].log = null;
    const { log } = conversation;
    const comes = seq !== undefined && (log || this.pages.around(id, seq));
    if (!comes && !log?.following) this.pages.newest(id);
    this.#askMarks(id);
  }

  /** The user has seen everything up to this number. */
  read(id, seq) {
    if (this.conversations.get(id)?.wantsRead(seq)) this.#askRead(id, seq);
  }

  /**
   * The user is typing, or has stopped; to be given with each change of what is written. Others are told seldom enough, and of notes to
   * oneself nobody is.
   */
  notifyTyping(conversation, stopped) {
    if (!this.online || this.conversations.get(conversation)?.summary.peer?.user === this.#me) return;
    for (const notice of this.typing.notices(conversation, stopped, this.#now())) this.#send(this.#requests.unanswered(notice));
  }

  /** When `handleTime` is to be called at the latest; null when nothing waits, as while there is no connection. */
  get deadline() {
    if (!this.online) return null;
    const waiting = [this.outgoing, this.typing, this.#delivery];
    const deadlines = waiting.map(({ deadline }) => deadline).filter((deadline) => deadline !== null);
    return deadlines.length ? Math.min(...deadlines) : null;
  }

  /** Time has passed. */
  handleTime() {
    for (const id of this.typing.expire(this.#now())) this.#changed(id);
    this.#tellDelivered();
    this.pump();
  }

  /** Sends what may be sent. */
  pump() {
    if (!this.online) return;
    this.#keepAll(this.outgoing.takeUnkept(this.#now()));
    for (const message of this.outgoing.ready(this.#now())) {
      const { client_id, to } = message;
      this.#ask(requestOf(message), (answer) => this.#handleAnswer(client_id, answer, to));
    }
  }

  // What the server says.

  /** @param {string} [to] The name that was asked for, which the message may have left since. */
  #handleAnswer(clientId, answer, to) {
    if (answer.type === "opened") {
      this.outgoing.answered(clientId);
      this.#retarget(to, { conversation: answer.summary.conversation });
      this.#handleSummary(answer.summary);
    } else if (answer.type === "ack") {
      const message = this.#settle(clientId);
      // First the state, then the entry: whoever shows both never shows the message twice.
      if (message) this.#handleAcked(message, answer);
    } else if (this.online) {
      const message = this.outgoing.refused(clientId, answer, this.#now());
      const kind = message && isChange(message) ? "refused" : "failed";
      this.#tell(message ? { type: kind, message } : { type: "outgoing" });
    }
    this.pump();
  }

  /** What waits for a name is for this from here on, whoever may be called so later. */
  #retarget(name, target) {
    const moved = this.outgoing.retarget(name, target);
    this.#keepAll(moved);
    if (moved.length > 0) this.#tell({ type: "outgoing" });
  }

  /** Where two go by one name, one of them is called otherwise by now: only the server knows which. */
  #resolve(name) {
    const known = [...this.conversations].filter(([, { summary }]) => summary.peer?.user === name);
    if (known.length === 1) this.#retarget(name, { conversation: known[0][0] });
  }

  #keepAll(messages) {
    for (const message of messages) this.outgoing.handleKept(message.client_id, this.#keep(message), this.#now());
  }

  #handleAcked(message, ack) {
    const origin = this.conversations.get(ack.conversation)?.log?.find(message.reply_to);
    const entry = entryOf(message, ack, this.#me, origin);
    // What it quotes is not known here, but in the log.
    const isWhole = message.reply_to === undefined || Boolean(origin);
    this.#handleEntry(entry, isWhole);
  }

  /** What stands in the log is sent, whoever got the ack. */
  #settleKnown(entry) {
    const message = entry.from === this.#me ? this.outgoing.find(entry.client_id) : undefined;
    if (message && isSame(message, entry)) this.#settle(entry.client_id);
  }

  #settle(clientId) {
    const message = this.outgoing.remove(clientId);
    if (message) this.#tell({ type: "settled", client_id: clientId });
    return message;
  }

  #handleEntry(entry, isWhole = true) {
    const { conversation: id, from } = entry;
    const conversation = this.conversations.get(id);
    this.#settleKnown(entry);
    this.typing.end(id, from);
    if (!conversation) {
      this.#askSummary(id);
      return;
    }
    const isMine = from === this.#me;
    const place = conversation.handleEntry(entry, this.#me);
    if (isChange(entry)) this.#tell({ type: "changed", entry });
    if (movesMembers(entry)) this.#handleMoved(id);
    if (place !== "known" && !isMine && entry.kind === "message") this.#handleArrived(entry);
    if (place === "unsure") this.#askSummary(id);
    if (!isWhole || !conversation.log?.handleEntry(entry)) this.pages.advance(id);
    this.#changed(id);
  }

  #handleMoved(id) {
    this.#askMarks(id);
    this.#tell({ type: "moved", conversation: id });
  }

  #handleArrived(entry) {
    this.#tell({ type: "arrived", entry });
    const until = this.#isRead(entry.conversation) ? this.#now() + REST_MS : 0;
    this.#delivery.got(entry.conversation, entry.seq, until);
    this.#tellDelivered();
  }

  #handlePresence({ user, online, last_seen }) {
    for (const [id, { summary }] of this.conversations) {
      if (summary.peer?.user === user) {
        summary.peer = { user, online, last_seen };
        this.#changed(id);
      }
    }
    if (!online) for (const id of this.typing.handleGone(user)) this.#changed(id);
    this.#tell({ type: "presence", user, online });
  }

  /** The user is not in this group any more. */
  #handleLeft(id) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    this.conversations.delete(id);
    this.#tell({ type: "left", conversation: id, summary: conversation.summary });
  }

  #handleTyping(typing) {
    const { conversation: id, user } = typing;
    if (user === this.#me || !this.conversations.has(id)) return;
    if (this.typing.hear(typing, this.#now())) this.#changed(id);
  }

  /** What is too old is gone; how much of it was unread is for the server to say. */
  #handleBegins({ conversation: id, first }) {
    const conversation = this.conversations.get(id);
    if (!conversation) return;
    conversation.handleBegins(first);
    this.#askSummary(id);
    this.#tellBegins(id, first);
    this.#changed(id);
  }

  #tellBegins(id, first) {
    this.#tell({ type: "begins", conversation: id, first });
  }

  /**
   * Somebody has deleted their account, and nobody else has their name yet. What is left of them, and what of others names them, is read
   * anew.
   */
  #handleGone({ user, now }) {
    const peers = new Set([...this.conversations.values()].map(({ summary }) => summary.peer?.user));
    // The list was quicker, and somebody else has the name by now.
    if (peers.has(now) && peers.has(user)) return;
    for (const [id, conversation] of this.conversations) {
      const { log, summary } = conversation;
      const isPeer = summary.peer?.user === user;
      if (!isPeer && !isGroup(summary)) continue;
      if (isPeer) conversation.handleGone(user, now);
      if (log) this.pages.newest(id);
      if (isPeer || summary.last?.from === user) this.#askSummary(id);
    }
    for (const id of this.typing.handleGone(user)) this.#changed(id);
    this.#retarget(user, { to: now });
    this.#tell({ type: "gone", user, now });
    this.pump();
  }

  /** The other one of a conversation has gone unseen. Elsewhere somebody else may be called so by now. */
  #handlePeerGone(id, user, now) {
    const conversation = this.conversations.get(id);
    conversation.handleGone(user, now);
    if (conversation.log) this.pages.newest(id);
    if (conversation.summary.last?.from === user) this.#askSummary(id);
    this.#tell({ type: "gone", user, now, conversation: id });
  }

  #handlePreferences(preferences) {
    this.conversations.get(preferences.conversation)?.handlePreferences(preferences);
    this.#changed(preferences.conversation);
  }

  #handleReceipt(receipt) {
    const conversation = this.conversations.get(receipt.conversation);
    if (receipt.user !== this.#me || !conversation) return;
    conversation.handleReceipt(receipt);
    this.#changed(receipt.conversation);
  }

  #handleMarks(marks) {
    const conversation = this.conversations.get(marks.conversation);
    if (marks.user === this.#me || !conversation) return;
    conversation.handleMarks(marks);
    this.#changed(marks.conversation);
  }

  /** @param {boolean} [isSettled] Whether it holds although it brings back somebody who has gone. */
  #handleSummary(summary, isSettled = false) {
    const id = summary.conversation;
    const known = this.conversations.get(id);
    this.#listed.add(id);
    if (known) {
      const { peer, first } = known.summary;
      // It was read before the other one went; or the server is back from a backup that is older, and says the same again.
      if (hasGone(known.summary) && !hasGone(summary) && !isSettled) {
        this.#askSummary(id, true);
        return;
      }
      const isGone = hasGone(summary) && !hasGone(known.summary);
      known.handleSummary(summary);
      // What has happened while there was no connection.
      if (isGone) this.#handlePeerGone(id, peer.user, summary.peer.user);
      if (summary.first > first) this.#tellBegins(id, summary.first);
      if (known.log) this.#askMarks(id);
      // The watermark may have been raised while there was no connection.
      if (known.readWanted > summary.read) this.#askRead(id, known.readWanted);
    } else {
      this.conversations.set(id, new Conversation(summary));
    }
    if (summary.peer) this.#retarget(summary.peer.user, { conversation: id });
    // What is unread is here: the list counts it and shows its end.
    if (summary.unread > 0) this.#delivery.got(id, summary.head);
    this.#tellDelivered();
    this.pages.advance(id);
    this.#changed(id);
    this.pump();
  }

  // What is asked without the user.

  #askList(cursor) {
    this.#ask({ type: "list", limit: LIST_MAX, ...(cursor && { cursor }) }, (answer) => {
      for (const summary of answer.conversations ?? []) this.#handleSummary(summary);
      if (answer.next) this.#askList(answer.next);
      else if (answer.type === "conversations") {
        this.synced = true;
        this.#leaveUnlisted();
        this.#tell({ type: "synced" });
      } else if (this.online) {
        this.#tell({ type: "stuck" });
      }
    });
  }

  /** Groups that the list does not have were left while there was no connection. */
  #leaveUnlisted() {
    const isLeft = ([id, { summary }]) => isGroup(summary) && !this.#listed.has(id);
    for (const [id] of [...this.conversations].filter(isLeft)) this.#handleLeft(id);
  }

  /** How far the members of a group are is told when it changes; it begins with what they say when asked. */
  #askMarks(id) {
    const conversation = this.conversations.get(id);
    const { summary } = conversation;
    if (!isGroup(summary)) return;
    if (summary.members > WHISPERING_MEMBERS_MAX) conversation.forgetMarks();
    else this.#ask({ type: "members", conversation: id, limit: MEMBERS_MAX }, ({ members }) => {
      if (!members) return;
      this.conversations.get(id)?.handleMembers(members.filter(({ user }) => user !== this.#me));
      this.#changed(id);
    });
  }

  /** @param {boolean} [settles] Whether the answer holds, whatever it says: it is not asked for once more. */
  #askSummary(id, settles = false) {
    if (!this.online || this.#summariesAsked.has(id)) return;
    this.#summariesAsked.add(id);
    this.#ask({ type: "open", conversation: id }, ({ summary }) => {
      this.#summariesAsked.delete(id);
      if (summary) this.#handleSummary(summary, settles);
    });
  }

  #tellDelivered() {
    if (!this.online) return;
    for (const mark of this.#delivery.due(this.#now())) this.#send(this.#requests.unanswered({ type: "delivered", ...mark }));
  }

  #askRead(id, seq) {
    this.#delivery.handleRead(id, seq);
    this.#ask({ type: "read", conversation: id, seq }, () => {});
  }

  #ask(call, answered) {
    if (this.online) this.#send(this.#requests.add(call, answered));
  }

  #changed(conversation) {
    this.#tell({ type: "conversation", conversation });
  }
}
