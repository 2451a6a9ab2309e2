// The body of an async function: `input` is the table of safe texts, what is returned is the list of failures.

const { safeText, safeLine } = await import("/assets/text.js");
const emoji = await import("/assets/emoji.js");
const { backoffMs } = await import("/assets/backoff.js");
const { Log, WINDOW_MAX } = await import("/assets/log.js");
const { Outgoing } = await import("/assets/outgoing.js");
const { Outbox, QUEUED_MAX, freshClientId } = await import("/assets/outbox.js");
const { Drafts } = await import("/assets/drafts.js");
const { Session } = await import("/assets/session.js");
const { rowsOf } = await import("/assets/rows.js");
const { Connection } = await import("/assets/connection.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

// Safe text.
for (const [text, expected] of input) {
  same(`safeText(${JSON.stringify(text)})`, safeText(text), expected);
  same(`safeText twice (${JSON.stringify(text)})`, safeText(safeText(text)), expected);
}
same("a line", safeLine("a\r\nb\u2028c"), "a b c");
for (const [, whole] of await (await fetch("/api/emoji.json")).json()) same("an emoji stays whole", safeText(whole), whole);

// Emoji: the cases of client/src/emoji.rs.
const table = await emoji.loadEmoji();
for (const [text, expected] of [
  ["", ""], [":wave:", "👋"], ["hi :wave: :+1:!", "hi 👋 👍!"], [":wave::wave:", "👋👋"], [":nosuch:", ":nosuch:"],
  ["10:30:45", "10:30:45"], ["a:wave", "a:wave"], ["::wave:", ":👋"], [":", ":"], [":Wave:", ":Wave:"], [":nosuch:wave:", ":nosuch👋"],
]) same(`expand(${text})`, emoji.expand(text, table), expected);
same("just completed", emoji.justCompleted("hi :wave:", table), { emoji: "👋", length: 6 });
for (const none of ["hi :nosuch:", "hi wave:", "::"]) same(`completed ${none}`, emoji.justCompleted(none, table), null);
same("begun", emoji.begun("hi :wa"), "wa");
for (const none of ["hi :w", "hi wa", "10:30", "http://", ":wa ", ""]) same(`begun ${none}`, emoji.begun(none), null);
same("the best completion", emoji.complete("wave", table, 9)[0], ["wave", "👋"]);
same("no completion", emoji.complete("nosuchthing", table, 9), []);

// Backoff.
same("the bounds", [0, 1, 2, 3, 4, 5, 6, 7, 8].map((tries) => backoffMs(tries, 1)), [200, 400, 800, 1600, 3200, 6400, 12800, 15000, 15000]);
same("the least", backoffMs(20, 0), 0);

// The log.
const entry = (seq, from = "bob", text = `text ${seq}`) => ({ conversation: "c", seq, at: seq, from, client_id: `id${seq}`, kind: "message", text });
const entries = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => entry(first + index));
const page = (first, last, head = last) => ({ type: "page", conversation: "c", entries: entries(first, last), first: 1, head });
const numbers = (log) => [log.first, log.last, log.entries.length];
{
  const log = new Log();
  same("a push while it loads is dropped", log.handleEntry(entry(9)), false);
  log.handleNewest(page(51, 100));
  same("the newest page", [...numbers(log), log.atStart], [51, 100, 50, false]);
  same("a known one", log.handleEntry(entry(100)), false);
  same("the next one", log.handleEntry(entry(101)), true);
  same("one beyond a gap", log.handleEntry(entry(105)), false);
  same("the gap", log.missing(105), { after: 101 });
  same("is fetched once", log.missing(105), null);
  same("a push meanwhile", log.handleEntry(entry(106)), false);
  log.handleGap({ ...page(102, 105), head: 106 });
  same("and then the rest", log.missing(106), { after: 105 });
  log.handleDisconnected();
  same("again after a new connection", log.missing(106), { after: 105 });
  log.handleGap(page(106, 106));
  same("no hole", numbers(log), [51, 106, 56]);
  log.fetching = "older";
  log.handleOlder({ ...page(1, 50), head: 106 });
  same("the beginning", [...numbers(log), log.atStart], [1, 106, 106, true]);
  same("far behind", log.missing(106 + 2001), "newest");
  same("begins anew", [log.loading, log.entries.length], [true, 0]);
}
{
  const log = new Log();
  log.handleNewest(page(5001, 5050));
  for (let first = 4951; first >= 5051 - WINDOW_MAX - 50; first -= 50) log.handleOlder(page(first, first + 49, 5050));
  same("a window that is full loses its end", [log.entries.length, log.following, log.last], [WINDOW_MAX, false, log.first + WINDOW_MAX - 1]);
  same("and does not take pushes", log.handleEntry(entry(log.last + 1)), false);
  const last = log.last;
  log.handleNewer(page(last + 1, 5050));
  same("until it is back", [log.last, log.following, log.entries.length, log.atStart], [5050, true, WINDOW_MAX, false]);
}

// Messages on their way.
const message = (client_id, conversation = "c") => ({ client_id, conversation, text: client_id, at: 1 });
const ids = (messages) => messages.map(({ client_id }) => client_id);
{
  const outgoing = new Outgoing();
  for (const one of [message("a"), message("b"), message("c", "d"), message("d")]) outgoing.push(one);
  same("one per conversation", ids(outgoing.ready(0)), ["a", "c"]);
  same("no more", ids(outgoing.ready(0)), []);
  same("refused for now", outgoing.refused("a", { code: "busy", retry_after_ms: 300 }, 0), undefined);
  same("nobody overtakes", [ids(outgoing.ready(299)), outgoing.deadline], [[], 300]);
  same("then it goes again", ids(outgoing.ready(300)), ["a"]);
  outgoing.handleDisconnected();
  same("also after a new connection", ids(outgoing.ready(0)), ["a", "c"]);
  outgoing.remove("a");
  same("and then the next", ids(outgoing.ready(0)), ["b"]);
  same("refused for good", outgoing.refused("b", { code: "id_conflict", message: "no" }, 0).failed.code, "id_conflict");
  same("holds nobody up", ids(outgoing.ready(0)), ["d"]);
  outgoing.retry("b");
  same("is tried behind the others", ids(outgoing.messages), ["c", "d", "b"]);
}
{
  const outgoing = new Outgoing();
  const named = (client_id, to) => outgoing.push({ client_id, to, text: client_id, at: 1 });
  outgoing.push(message("a"));
  named("b", "bob");
  outgoing.ready(0);
  outgoing.retarget("bob", { conversation: "c" });
  outgoing.handleKept("b", true, 0);
  outgoing.refused("b", { code: "busy", retry_after_ms: 500 }, 0);
  same("nothing is to be done for what rests behind another", outgoing.deadline, null);
  outgoing.refused("a", { code: "busy", retry_after_ms: 300 }, 0);
  same("but for the other", outgoing.deadline, 300);
  named("d", "eve");
  outgoing.retarget("eve", { to: "deleted-1" });
  outgoing.push(message("e", "e"));
  same("a departed name that is not kept holds up nobody else", ids(outgoing.ready(0)), ["e"]);
}

// The ids that they get.
{
  const digits = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  const timeOf = (id) => [...id.slice(0, 10)].reduce((time, digit) => time * 32 + digits.indexOf(digit), 0);
  const before = Date.now();
  const made = [freshClientId(), freshClientId()];
  same("of the time when they were made", made.every((id) => before <= timeOf(id) && timeOf(id) <= Date.now()), true);
  same("different ones", made[0] === made[1], false);
  same("ULIDs", made.every((id) => /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/.test(id)), true);
}

// The outbox, on a storage of its own.
const storage = () => {
  const kept = {};
  const hide = (name, value) => Object.defineProperty(kept, name, { value, enumerable: false, configurable: true });
  hide("getItem", (key) => kept[key] ?? null);
  hide("setItem", (key, value) => { kept[key] = value; });
  hide("removeItem", (key) => { delete kept[key]; });
  return kept;
};
{
  const disk = storage();
  const adopted = [];
  const open = async (journal, user = "alice") => {
    const outbox = new Outbox(user, (one) => adopted.push(one.client_id), { storage: disk, journal: journal + Math.random() });
    await outbox.open();
    return outbox;
  };
  disk["chat.outbox/alice/gone/0"] = JSON.stringify(message("a"));
  disk["chat.outbox/alice/gone/1"] = "{ torn";
  disk["chat.outbox/bob/gone/0"] = JSON.stringify(message("of bob"));
  const first = await open("first");
  same("what was left is taken over, whole", adopted, ["a"]);
  first.keep(message("b"));
  const second = await open("second");
  same("what a living page holds is not", adopted, ["a"]);
  second.keep(message("c"));
  first.done("a");
  first.done("b");
  second.done("c");
  same("what is done is gone", Object.keys(disk), ["chat.outbox/bob/gone/0"]);
  for (let number = 0; number < QUEUED_MAX; number += 1) first.keep(message(String(number)));
  let full = "";
  try { first.keep(message("one more")); } catch (error) { full = error.message; }
  same("it is bounded", full.includes("1000"), true);
}
{
  const disk = storage();
  disk["chat.outbox/alice/gone/0"] = JSON.stringify(message("a"));
  const adopted = [];
  const outbox = new Outbox("alice", (one) => adopted.push(one.client_id), { storage: disk, locks: null, journal: "mine" });
  await outbox.open();
  same("without locks too", [adopted, Object.keys(disk)], [["a"], ["chat.outbox/alice/mine/000000000"]]);
}

// Drafts, on a storage of their own.
{
  const disk = storage();
  const [first, second] = [new Drafts("alice", disk), new Drafts("alice", disk)];
  same("nothing is begun", [first.get("c"), first.areKept], ["", false]);
  first.set("c", "half a");
  same("another tab has it", [second.get("c"), second.areKept], ["half a", true]);
  second.set("c", "half a thought");
  first.set("c", "half a");
  same("a tab writes only what was changed in it", second.get("c"), "half a thought");
  same("everybody has their own", new Drafts("bob", disk).areKept, false);
  const long = "x".repeat(70_000);
  first.set("c", long);
  same("a long one stays in its tab", [first.get("c").length, second.get("c")], [70_000, "half a thought"]);
  first.set("c", "");
  same("what was sent is forgotten", [second.get("c"), second.areKept], ["", false]);
  Object.defineProperty(disk, "setItem", { value: () => { throw new Error("full"); } });
  const full = new Drafts("alice", disk);
  full.set("c", "kept nowhere");
  same("a full storage loses nothing while the tab is there", full.get("c"), "kept nowhere");
}

// The session.
const summary = (head, more = {}) => ({ conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head, read: 0, unread: head, ...more });
const opened = () => {
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event.type), now: () => 0 });
  const take = () => sent.splice(0);
  const comes = () => session.handleWelcome({ limits: { text_bytes_max: 8192 } });
  const answers = ({ id }, answer) => session.handleFrame({ ...answer, id });
  return { session, told, take, comes, answers };
};
{
  const { session, take, comes, answers } = opened();
  session.say(message("m1"));
  comes();
  const [list, send] = take();
  answers(list, { type: "conversations", conversations: [summary(2)] });
  answers(send, { type: "error", code: "unavailable", message: "later" });
  same("it rests", session.deadline, 1000);
  session.handleDisconnected();
  same("and without a connection there is nothing to be done", session.deadline, null);
}
{
  const { session, told, take, comes, answers } = opened();
  session.say(message("m1"));
  session.say(message("m2"));
  same("nothing is sent without a connection", take(), []);
  comes();
  const [list, send] = take();
  same("the list, and the first message", [list.type, send.type, send.client_id], ["list", "send", "m1"]);
  answers(list, { type: "conversations", conversations: [summary(2)] });
  same("told when the list is whole", told.includes("synced"), true);
  session.show("c");
  const history = take().find(({ type }) => type === "history");
  answers(history, page(1, 2));
  answers(send, { type: "ack", client_id: "m1", conversation: "c", seq: 3, at: 3 });
  const shown = () => session.conversations.get("c").log.entries.map(({ seq, text }) => `${seq} ${text}`);
  same("the acked one is shown once", shown(), ["1 text 1", "2 text 2", "3 m1"]);
  const [next] = take();
  same("then the next one goes", next.client_id, "m2");
  session.handleDisconnected();
  comes();
  const [, again] = take();
  same("the same again, under the same id", again.client_id, "m2");
  session.handleFrame({ type: "entry", ...entry(4, "alice", "m2"), client_id: "m2" });
  same("seen in the log is sent", [session.outgoing.messages, shown().at(-1)], [[], "4 m2"]);
  answers(again, { type: "ack", client_id: "m2", conversation: "c", seq: 4, at: 4 });
  same("and shown once", shown().length, 4);
  session.handleFrame({ type: "entry", ...entry(7) });
  const gap = take().find(({ type }) => type === "history");
  same("a gap is fetched", gap.after, 4);
  answers(gap, page(5, 7));
  same("without a hole", shown().length, 7);
  session.handleFrame({ type: "dance" });
  session.handleFrame({ type: "error", id: null, code: "bad_json" });
  session.handleFrame({ type: "entry", ...entry(8), kind: "later", text: undefined });
  same("what is unknown counts", shown().length, 8);
  session.read("c", 8);
  session.read("c", 8);
  same("read is told once", take().filter(({ type }) => type === "read").length, 1);
  session.handleFrame({ type: "receipt", conversation: "c", user: "alice", read: 8, unread: 0 });
  session.handleFrame({ type: "receipt", conversation: "c", user: "bob", read: 3, unread: 0 });
  same("the receipt", [session.conversations.get("c").summary.read, session.conversations.get("c").summary.unread], [8, 0]);
  session.handleFrame({ type: "entry", ...entry(1), conversation: "d" });
  session.handleFrame({ type: "entry", ...entry(2), conversation: "d" });
  same("a new conversation is asked for once", take().filter(({ type }) => type === "open").length, 1);
  session.handleDisconnected();
  comes();
  const lists = take().find(({ type }) => type === "list");
  answers(lists, { type: "conversations", conversations: [summary(5000)] });
  const fresh = take().find(({ type }) => type === "history");
  same("far behind it begins anew at the end", fresh.after, undefined);
  answers(fresh, page(4951, 5000));
  same("with the newest page", [shown().length, session.conversations.get("c").log.loading], [50, false]);
  let refused = "";
  session.handleDisconnected();
  await session.open("bob").catch(({ code }) => { refused = code; });
  same("what does not repeat by itself is refused", refused, "unavailable");
}

// Rows.
{
  const day = (at) => `day ${Math.floor(at / 1e6)}`;
  const view = { me: "alice", newAfter: 1, day };
  const log = [{ ...entry(1), at: 1 }, { ...entry(2), at: 2 }, { ...entry(3, "alice"), at: 3 }, { ...entry(4), at: 1e6 }];
  const rows = rowsOf(log, [{ ...message("q"), at: 5 }], view);
  same("the rows", rows.map(({ kind, continues, state }) => [kind, continues, state].filter(Boolean).join(" ")), [
    "day", "message sent", "new", "message sent", "message sent", "day", "message sent", "message queued",
  ]);
  same("keys are single", new Set(rows.map(({ key }) => key)).size, rows.length);
  const sent = rowsOf([{ ...entry(1, "alice"), client_id: "q" }], [], view).at(-1).key;
  same("a message keeps its key", rows.at(-1).key, sent);
}

// The connection, with a clock, timers and sockets that the test owns.
{
  const real = { WebSocket, setInterval, setTimeout, now: Date.now, random: Math.random };
  const sockets = [];
  const waits = [];
  let now = 1e6;
  let tick;
  try {
    globalThis.WebSocket = class {
      sent = [];
      constructor() { sockets.push(this); }
      send(text) { this.sent.push(JSON.parse(text).type); }
      close() { this.closed = true; }
      hears(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
    };
    globalThis.setInterval = (work) => { tick = work; return 0; };
    globalThis.setTimeout = (work, ms) => waits.push({ work, ms });
    Date.now = () => now;
    Math.random = () => 1;
    const heard = [];
    const connection = new Connection({
      onWelcome: () => heard.push("welcome"), onFrame: ({ type }) => heard.push(type), onLost: () => heard.push("lost"), onState: () => {},
    });
    const passes = (ms) => { for (const end = now + ms; now < end; ) { now += 5000; tick(); } };
    const enters = () => {
      const socket = sockets.at(-1);
      socket.onopen();
      socket.hears({ type: "welcome", id: "hello" });
      return socket;
    };
    connection.start();
    const first = enters();
    first.hears({ type: "presence", user: "bob", online: true });
    same("what it hears", heard.splice(0), ["welcome", "presence"]);
    passes(20_000);
    same("a ping when it is quiet", first.sent, ["hello", "ping"]);
    first.hears({ type: "pong", id: "ping" });
    passes(20_000);
    same("and again", [first.sent.length, connection.state.name], [3, "connected"]);
    passes(30_000);
    same("silence ends it", [first.closed, connection.state.name, heard.splice(0)], [true, "waiting", ["lost"]]);
    for (const bound of [200, 400, 800]) {
      same("the wait doubles", waits.at(-1).ms, bound);
      waits.at(-1).work();
      sockets.at(-1).onclose({ code: 1006 });
    }
    connection.nudge();
    const again = enters();
    same("a nudge tries at once", connection.state.name, "connected");
    again.onclose({ code: 1012 });
    same("after a welcome it begins small", [waits.at(-1).ms, connection.state.reason], [200, "the server restarts"]);
    waits.at(-1).work();
    enters().onclose({ code: 4429 });
    same("too many: no hurry", waits.at(-1).ms, 15_000);
    waits.at(-1).work();
    sockets.at(-1).onopen();
    sockets.at(-1).hears({ type: "error", id: "hello", code: "bad_credentials" });
    same("no login", connection.state, { name: "ended", code: "logged_out" });
  } finally {
    Object.assign(globalThis, { WebSocket: real.WebSocket, setInterval: real.setInterval, setTimeout: real.setTimeout });
    Date.now = real.now;
    Math.random = real.random;
  }
}

return failures;
