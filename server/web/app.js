/** The chat once somebody is in: which conversation is shown, what counts as seen, and the views around it. */

import { openAccount } from "./account.js";
import { listenToMessages } from "./acts.js";
import { addressOf, readAddress } from "./address.js";
import { Browse } from "./browse.js";
import { Client } from "./client.js";
import { Composer } from "./composer.js";
import { $ } from "./dom.js";
import { Drafts } from "./drafts.js";
import { forgetUser, openErase } from "./erase.js";
import { explainGroup, refusalOf } from "./explain.js";
import { logout } from "./http.js";
import { listenToKeys } from "./keys.js";
import { leave } from "./leave.js";
import { openNewGroup } from "./newgroup.js";
import { Notice } from "./notice.js";
import { Panel } from "./panel.js";
import { Pending } from "./pending.js";
import { People } from "./people.js";
import { Picking } from "./picking.js";
import { callsOf } from "./preference.js";
import { PreferencesDialog } from "./preferences.js";
import { Search } from "./search.js";
import { Settings } from "./settings.js";
import { Sidebar } from "./sidebar.js";
import { dropStranded, giveUp } from "./stranded.js";
import { nameOf, renderHeader, renderStatus, renderTitle } from "./surroundings.js";
import { Timeline } from "./timeline.js";
import { Tray } from "./tray.js";
import { renderTypists } from "./typists.js";

/** Opens the chat of this user. */
export async function openApp(me) {
  const app = new App(me);
  $("app").hidden = false;
  app.render();
  // With an on-screen keyboard the focus would hide half of the list.
  if (!matchMedia("(pointer: coarse)").matches) app.sidebar.focus();
  await app.client.start();
}

export class App {
  me;
  client;
  drafts;
  settings;
  pending;
  people;
  /** The conversation that is shown, by its id. */
  selected = null;
  /** Entries of others above this number stand under "new" in it. */
  newAfter = null;
  /** Conversations without an entry that were opened here. */
  opened = new Set();
  sidebar;
  search;
  timeline;
  composer;
  tray;
  picking;
  panel;
  preferences;
  notice = new Notice();
  #isLeaving = false;
  #frame = 0;

  constructor(me) {
    this.me = me;
    this.client = new Client(me, (id) => id === this.selected && this.isReading());
    this.drafts = new Drafts(me);
    this.settings = new Settings(me);
    this.pending = new Pending(this.client);
    this.people = new People(this);
    this.sidebar = new Sidebar(this);
    this.search = new Search(this);
    this.timeline = new Timeline(this);
    this.composer = new Composer(this);
    this.tray = new Tray(this);
    this.picking = new Picking(this);
    this.panel = new Panel(this);
    this.preferences = new PreferencesDialog(this);
    new Browse(this);
    openNewGroup(this);
    openAccount(this);
    openErase(this);
    listenToKeys(this);
    listenToMessages(this);
    this.client.listen((event) => this.#hear(event));
    for (const event of ["focus", "visibilitychange"]) addEventListener(event, () => this.render(), true);
    addEventListener("online", () => this.render());
    addEventListener("offline", () => this.render());
    addEventListener("popstate", () => this.#followAddress());
  }

  get session() {
    return this.client.session;
  }

  /** The conversation that is shown. */
  get conversation() {
    return this.session.conversations.get(this.selected);
  }

  /** A message of the conversation that is shown, as it is once what waits is done; nothing when it is not loaded. */
  messageOf(seq) {
    return this.pending.entriesOf(this.selected).find((entry) => entry.seq === seq && entry.kind === "message");
  }

  /** The user's last message in it that can still be edited. */
  lastOwn() {
    const isOpen = ({ kind, from, deleted_at }) => kind === "message" && from === this.me && deleted_at === undefined;
    return this.pending.entriesOf(this.selected).findLast(isOpen);
  }

  /**
   * Shows a conversation.
   * @param {number} [seq] The message that is to be seen; else its end, or what is new.
   */
  select(id, seq) {
    const { summary } = this.session.conversations.get(id);
    this.newAfter = summary.unread > 0 ? summary.read : null;
    if (id !== this.selected) {
      this.#endWriting();
      this.composer.keepDraft();
      this.selected = id;
      this.session.show(id, seq);
      this.composer.takeDraft();
    }
    this.#setAddress(addressOf(summary, seq));
    this.#setPane("conversation");
    this.timeline.place(seq);
    this.renderNow();
    if (seq === undefined) this.composer.focus();
  }

  /** Shows a message where it was said. */
  async goTo(id, seq) {
    if (id !== this.selected) {
      await this.#open({ conversation: id }, seq);
      return;
    }
    this.#setAddress(addressOf(this.conversation.summary, seq));
    this.#setPane("conversation");
    this.timeline.goTo(seq);
  }

  /** Shows the conversation with somebody, and makes it first if need be. */
  async begin(name) {
    await this.#open({ to: name });
  }

  /** Comes into a public group, and shows it. */
  async join(group) {
    this.select(await this.client.changeGroup({ type: "join", group }));
  }

  /** What is known already is shown at once. */
  async #open(target, seq) {
    const id = await this.#idOf(target);
    this.opened.add(id);
    this.select(id, seq);
  }

  /** The next conversation of the list, or the one before. */
  step(by) {
    const ids = this.sidebar.order();
    const at = ids.indexOf(this.selected);
    const next = at < 0 ? ids[by > 0 ? 0 : ids.length - 1] : ids[at + by];
    if (next) this.select(next);
  }

  /** Whether the screen is too narrow for the list, because the conversation is on it. */
  get isInConversation() {
    return matchMedia("(max-width: 719px)").matches && $("app").dataset.pane === "conversation";
  }

  /** On a narrow screen: back to the list. */
  back() {
    if (history.state?.fromList) history.back();
    else history.replaceState(null, "", "/");
    this.#setPane("list");
    this.sidebar.focus();
  }

  /**
   * Sends a text, and the files that were chosen for it.
   * @param {number} [replyTo] The message that it answers.
   * @throws {Error} when that cannot be kept.
   */
  say(text, replyTo) {
    this.pending.say(this.selected, text, replyTo);
    this.newAfter = null;
    if (!this.conversation.log?.following) this.session.pages.newest(this.selected);
    this.timeline.toEnd();
  }

  /** Changes a message of the conversation that is shown. */
  change(change) {
    try {
      this.pending.change(this.selected, change);
    } catch (error) {
      this.notice.show(`That was not done: ${error.message}.`);
    }
  }

  /** The user has changed what is written; others may know that, and nothing of what it says. */
  writes(text) {
    if (!text.trim()) this.#endWriting();
    else if (this.settings.tellsTyping) this.session.notifyTyping(this.selected, false);
  }

  #endWriting() {
    if (this.selected) this.session.notifyTyping(this.selected, true);
  }

  /** What can be seen now counts as read: the end of the conversation, on a page that somebody looks at. */
  look() {
    if (!this.isReading()) return;
    const { log, summary } = this.conversation;
    if (log.last > 0) this.session.read(this.selected, log.last);
    // Whoever is at the end is at no message any more.
    if (readAddress(location.hash.slice(1))?.seq) this.#setAddress(addressOf(summary));
  }

  isReading() {
    const { log } = this.conversation ?? {};
    const isLooking = document.visibilityState === "visible" && document.hasFocus();
    return Boolean(isLooking && log && !log.loading && log.following && this.timeline.isAtEnd());
  }

  /** Unread messages, and how many of them mention the user, but for those that are being read. */
  newsOf(id) {
    if (id === this.selected && this.isReading()) return { unread: 0, mentions: 0 };
    const { unread, mentions = 0 } = this.session.conversations.get(id).summary;
    return { unread, mentions };
  }

  /** How much of that calls the user. */
  callsOf(id) {
    return callsOf(this.session.conversations.get(id).summary, this.newsOf(id));
  }

  /** Logs out; that this closes the connection as well is no news. */
  async logout() {
    this.#isLeaving = true;
    await logout().catch((refused) => {
      this.#isLeaving = false;
      throw refused;
    });
    this.#leave("by_user");
  }

  /** Erases the user; nothing of them is left in this browser either. */
  async deleteAccount(password) {
    this.#isLeaving = true;
    await this.session.call({ type: "delete_account", password }).catch((refused) => {
      this.#isLeaving = false;
      throw refused;
    });
    this.client.stop();
    // What is begun to be written is kept no more.
    this.selected = null;
    forgetUser(this.me);
    leave("erased");
  }

  #leave(code) {
    this.#isLeaving = true;
    this.composer.keepDraft();
    this.client.stop();
    leave(code);
  }

  /** Draws what has changed, once for everything that comes before the next frame. */
  render() {
    if (document.hidden) this.renderNow();
    else this.#frame ||= requestAnimationFrame(() => this.renderNow());
  }

  renderNow() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    renderStatus(this);
    renderHeader(this);
    renderTypists(this);
    this.panel.render();
    this.preferences.render();
    this.timeline.render();
    this.look();
    this.composer.render();
    this.tray.render();
    this.sidebar.render();
    this.search.render();
    renderTitle(this);
  }

  #hear(event) {
    if (event.type === "progress") {
      this.tray.renderSoon();
      return;
    }
    if (event.type === "connection" && this.client.connection.name === "ended") {
      if (!this.#isLeaving) this.#leave(this.client.connection.code);
    } else if (event.type === "arrived") {
      const { conversation, seq } = event.entry;
      // What comes while nobody looks is new to who comes back.
      const startsNew = conversation === this.selected && this.conversation.summary.unread === 1 && !this.isReading();
      if (startsNew) this.newAfter = seq - 1;
    } else if (event.type === "left") {
      this.#handleLeft(event);
    } else if (event.type === "changed") {
      this.search.handleChange(event.entry);
    } else if (event.type === "begins") {
      this.search.handleBegins(event);
    } else if (event.type === "gone") {
      this.#handleGone(event);
    } else if (event.type === "moved") {
      this.people.forget(event.conversation);
    } else if (event.type === "presence") {
      this.panel.handlePresence(event);
    } else if (event.type === "failed") {
      dropStranded(this, event.message);
    } else if (event.type === "refused") {
      const known = this.session.conversations.get(event.message.conversation);
      this.notice.show(refusalOf(event.message, known?.summary.peer?.user));
    } else if (event.type === "synced") {
      this.#openWaiting();
      if (!this.selected) this.#followAddress();
    }
    this.render();
  }

  #handleGone(event) {
    this.search.handleGone(event);
    for (const id of this.session.conversations.keys()) this.people.forget(id);
    this.panel.handleGone();
    if (this.conversation) this.#setAddress(addressOf(this.conversation.summary));
  }

  /** The user is not in this group any more, and sees nothing of it from here on. */
  #handleLeft({ conversation: id, summary }) {
    const wasWaiting = giveUp(this, id);
    this.search.forget(id);
    this.people.forget(id);
    const words = `You are not in ${nameOf(summary, this.me)} any more.`;
    if (wasWaiting) this.notice.show(`${words} What was not sent there yet is not sent.`);
    else if (!this.panel.isLeaving(id)) this.notice.show(words);
    this.drafts.set(id, "");
    this.panel.close(id);
    this.preferences.close(id);
    if (id !== this.selected) return;
    this.selected = null;
    history.replaceState(history.state, "", "/");
    this.#setPane("list");
    this.renderNow();
    this.sidebar.focus();
  }

  /** A message that waits since before the page was loaded is shown where it belongs, also if nothing was said there yet. */
  #openWaiting() {
    for (const target of this.pending.targets()) this.#idOf(target).then((id) => this.opened.add(id) && this.render(), () => {});
  }

  /** The conversation that is meant; the server is asked for one that is not known. */
  async #idOf({ to, conversation }) {
    const isMeant = ([id, { summary }]) => (to ? summary.peer?.user === to : id === conversation);
    const known = [...this.session.conversations].find(isMeant);
    return known ? known[0] : this.session.open(to ? { to } : { conversation });
  }

  /** The address names the conversation, so that it is still there after a reload, and that "back" goes back. */
  #setAddress(name) {
    const address = name ? `/#${name}` : "/";
    if (location.hash) history.replaceState(history.state, "", address);
    else history.pushState({ fromList: true }, "", address);
  }

  async #followAddress() {
    const { target, seq } = readAddress(location.hash.slice(1)) ?? {};
    try {
      if (target) await this.#open(target, seq);
      else this.#setPane("list");
    } catch (refused) {
      this.#setPane("list");
      const isLost = target.conversation && refused.code !== "unavailable";
      if (isLost) this.notice.show(`The group in the address cannot be shown. ${explainGroup(refused)}`);
    }
  }

  #setPane(name) {
    $("app").dataset.pane = name;
    this.render();
  }
}
