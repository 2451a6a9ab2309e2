/** What stands around a conversation: its header, the state of the connection, the window's title. */

import { $, avatar, write } from "./dom.js";
import { isGroup, memberCount } from "./group.js";
import { hasGone } from "./names.js";
import { safeLine } from "./text.js";
import { presence } from "./time.js";

/** The name of a conversation. */
export function nameOf(summary, me) {
  if (isGroup(summary)) return `#${summary.name}`;
  if (!summary.peer) return "a conversation";
  return summary.peer.user === me ? `${me} (you)` : summary.peer.user;
}

export function renderHeader({ conversation, me, session }) {
  $("talk-header").hidden = !conversation;
  $("talk-empty").hidden = Boolean(conversation);
  if (!conversation) return;
  const { summary } = conversation;
  const { peer } = summary;
  const name = nameOf(summary, me);
  if ($("talk-name").textContent !== name) {
    write($("talk-name"), name);
    $("talk-avatar").replaceChildren(avatar(name));
  }
  $("group-open").hidden = !isGroup(summary);
  write($("scroller-label"), isGroup(summary) ? "Messages in" : "Messages with");
  const isGone = hasGone(summary);
  const isKnown = Boolean(peer) && peer.user !== me && session.online && !summary.blocked && !isGone;
  $("talk-presence").classList.toggle("known", isKnown);
  $("talk-presence").classList.toggle("online", isKnown && peer.online);
  const about = peer?.user === me ? "for yourself" : isGone ? "account deleted" : summary.blocked ? "blocked" : "presence not known right now";
  write($("talk-presence"), isGroup(summary) ? aboutGroup(summary) : isKnown ? presence(peer) : about);
}

function aboutGroup({ topic = "", members }) {
  return topic ? `${memberCount(members)} · ${safeLine(topic)}` : memberCount(members);
}

export function renderStatus({ client, session }) {
  const { name, reason } = client.connection;
  const lost = reason ? `Reconnecting… (${reason})` : "Reconnecting… What you write is kept and sent once.";
  const offline = "Offline. What you write is kept and sent once.";
  const texts = {
    connecting: $("status").dataset.was ? lost : "Connecting…",
    waiting: navigator.onLine ? lost : offline,
    connected: session.synced ? "" : "Catching up…",
  };
  const text = texts[name] ?? "";
  if (name === "connected") $("status").dataset.was = "connected";
  $("status").classList.toggle("bad", name !== "connected");
  $("status").classList.toggle("shown", text !== "");
  write($("status"), text);
}

export function renderTitle(app) {
  const unread = [...app.session.conversations.keys()].reduce((sum, id) => sum + app.callsOf(id), 0);
  const place = app.conversation ? `${nameOf(app.conversation.summary, app.me)} – chat` : "chat";
  document.title = unread > 0 ? `(${countOf(unread)}) ${place}` : place;
}

/** The server counts up to 999, which means "or more". */
export function countOf(unread) {
  return unread < 999 ? String(unread) : "999+";
}
