// The body of an async function: what is returned is the list of failures.

const { callsOf, canBlock, isArchived, isMuted, preferencesIn } = await import("/assets/preference.js");
const { DAYS_MAX, daysIn, daysOf, keptWords } = await import("/assets/retention.js");
const { happeningOf } = await import("/assets/happening.js");
const { groupAfter } = await import("/assets/group.js");
const { forgetUser } = await import("/assets/erase.js");
const { Log } = await import("/assets/log.js");
const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

// The archive: the cases of protocol/src/preference.rs.
for (const [level, archived, head, mentions, expected] of [
  ["all", 0, 0, 0, false], ["all", 7, 7, 0, true], ["all", 7, 8, 0, false], ["mentions", 7, 8, 0, true], ["mentions", 7, 8, 1, false], ["none", 7, 8, 1, true],
  ["none", 0, 8, 0, false], ["mentions", 0, 8, 0, false],
]) same(`archived ${level} ${archived} ${head} ${mentions}`, isArchived({ level, archived, head, mentions }), expected);
same("what is usual is left out", [isArchived({ head: 3 }), isArchived({ archived: 3, head: 3 }), isMuted({}), isMuted({ level: "mentions" })], [false, true, false, true]);
same("all of it", [preferencesIn({}), preferencesIn({ level: "none", archived: 2, blocked: true, head: 3 })], [{ level: "all", archived: 0, blocked: false }, { level: "none", archived: 2, blocked: true }]);
same("what calls", ["all", "mentions", "none", undefined, "loud"].map((level) => callsOf({ level }, { unread: 5, mentions: 2 })), [5, 2, 0, 5, 5]);
const direct = (user) => ({ kind: "direct", peer: { user } });
same("who can be blocked", [direct("bob"), direct("alice"), { kind: "direct" }, { kind: "group" }].map((summary) => canBlock(summary, "alice")), [true, false, false, false]);

// How long messages are kept.
same("the shorter one", [daysOf({}, {}), daysOf({ retention_days: 3 }, {}), daysOf({}, { retention_days: 9 }), daysOf({ retention_days: 3 }, { retention_days: 9 }), daysOf({ retention_days: 30 }, { retention_days: 9 }), daysOf({ retention_days: 0 }, {})], [0, 3, 9, 3, 9, 0]);
same("in words", [0, 1, 2].map(keptWords), ["Messages are kept for ever.", "Messages are removed after a day.", "Messages are removed after 2 days."]);
same("as it is typed", ["", " ", "0", " 30 ", String(DAYS_MAX), String(DAYS_MAX + 1), "-1", "1.5", "x", "1e3", "９"].map(daysIn), [0, 0, 0, 30, DAYS_MAX, null, null, null, null, null, null]);
const said = (retention_days) => happeningOf({ kind: "group", from: "ann", retention_days }, "alice");
same("what happened", [0, 1, 30].map(said), ["ann set messages to be kept", "ann set messages to be removed after a day", "ann set messages to be removed after 30 days"]);
same("the group after it", groupAfter({ name: "ops", retention_days: 3 }, { kind: "group", retention_days: 0 }, "alice"), { name: "ops", retention_days: 0 });

// What a browser keeps of a user.
{
  const kept = { "chat.outbox/ann/j/0": "x", "chat.draft/ann/c": "x", "chat.typing/ann": "off", "chat.upload/ann/j/0": "x", "chat.draft/anna/c": "y", "chat.typing/an": "y", "chat.who": "y", "other/ann": "y" };
  Object.defineProperty(kept, "removeItem", { value: (key) => delete kept[key], enumerable: false });
  forgetUser("ann", kept);
  same("only what is theirs goes", Object.keys(kept), ["chat.draft/anna/c", "chat.typing/an", "chat.who", "other/ann"]);
}

// A log that begins later.
const entry = (seq, more = {}) => ({ conversation: "c", seq, at: seq, from: "bob", client_id: `id${seq}`, kind: "message", text: `text ${seq}`, ...more });
const entries = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => entry(first + index));
const page = (first, last, head = last, begin = 1) => ({ type: "page", conversation: "c", entries: entries(first, last), first: begin, head });
const state = ({ first, last, told, atStart, entries: { length } }) => [first, last, told, atStart, length];
{
  const log = new Log();
  log.handleBegins(5);
  log.handleNewest(page(51, 100));
  log.handleBegins(20);
  same("what is not loaded may go", state(log), [51, 100, 100, false, 50]);
  log.entries[20] = entry(71, { reply_to: { seq: 60, from: "ann", text: "secret" } });
  log.handleBegins(61);
  same("what is loaded goes", state(log), [61, 100, 100, true, 40]);
  same("also where it is quoted", log.find(71).reply_to, { seq: 60 });
  log.handleBegins(101);
  same("all of it", state(log), [101, 100, 100, true, 0]);
  same("and then it goes on", [log.handleEntry(entry(101)), ...state(log)], [true, 101, 101, 101, true, 1]);
}
{
  const log = new Log();
  log.handleNewest(page(51, 100, 100, 51));
  same("the first that is left", [log.atStart, log.first], [true, 51]);
  const around = new Log();
  around.fetch("around");
  around.handleAround(page(10, 30, 100));
  around.handleBegins(50);
  same("a window that is gone as a whole", state(around), [50, 49, 100, true, 0]);
}

// The session.
const opened = (...conversations) => {
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event), now: () => 0 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  session.handleWelcome({ limits: {} });
  session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations });
  const summary = () => session.conversations.get("c").summary;
  return { session, take, told, summary };
};
const withBob = (more = {}) => ({ conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head: 3, read: 3, unread: 0, last: entry(3), ...more });
{
  const { session, take, summary } = opened(withBob({ level: "none", archived: 3 }));
  same("from the list", preferencesIn(summary()), { level: "none", archived: 3, blocked: false });
  session.handleFrame({ type: "preferences", conversation: "c", blocked: true });
  same("pushed from another device, with all of it", preferencesIn(summary()), { level: "all", archived: 0, blocked: true });
  session.handleFrame({ type: "preferences", conversation: "unknown", blocked: true });
  const done = session.prefer({ conversation: "c" }, { level: "mentions" });
  const [{ id, ...asked }] = take("prefer");
  same("asked", asked, { type: "prefer", conversation: "c", level: "mentions" });
  session.handleFrame({ type: "opened", id, summary: withBob({ level: "mentions" }) });
  await done;
  same("what holds then", preferencesIn(summary()), { level: "mentions", archived: 0, blocked: false });
  const refused = session.prefer({ conversation: "c" }, { blocked: true }).catch(({ code }) => code);
  session.handleFrame({ type: "error", id: take("prefer")[0].id, code: "limit_reached" });
  same("a refusal changes nothing", [await refused, summary().blocked ?? false], ["limit_reached", false]);
}
{
  const { session, take, told, summary } = opened(withBob());
  session.show("c");
  session.handleFrame({ ...page(1, 3), id: take("history")[0].id });
  session.handleFrame({ type: "begins", conversation: "c", first: 3 });
  same("what is left", [session.conversations.get("c").log.entries.length, summary().first, summary().last.seq], [1, 3, 3]);
  same("the views are told", told.filter(({ type }) => type === "begins").map(({ first }) => first), [3]);
  same("what is unread is asked", take("open").length, 1);
  session.handleFrame({ type: "begins", conversation: "c", first: 2 });
  same("a beginning only moves on", summary().first, 3);
  session.handleFrame({ type: "begins", conversation: "c", first: 4 });
  same("nothing is left", [session.conversations.get("c").log.entries.length, summary().last], [0, undefined]);
  session.handleFrame({ type: "begins", conversation: "unknown", first: 4 });
}
{
  const withEve = { ...withBob(), conversation: "d", peer: { user: "eve", online: true } };
  const { session, take, told, summary } = opened(withBob(), withEve);
  session.show("c");
  session.handleFrame({ ...page(1, 3), id: take("history")[0].id });
  session.handleDisconnected();
  session.handleWelcome({ limits: {} });
  take("list");
  session.handleFrame({ type: "gone", user: "bob", now: "deleted-1" });
  same("another name", [summary().peer, session.conversations.get("d").summary.peer.user], [{ user: "deleted-1", online: false }, "eve"]);
  same("what is left of it is read anew", session.conversations.get("c").log.loading, true);
  same("the views are told", told.filter(({ type }) => type === "gone").length, 1);
}

// What an earlier page has kept by a name.
const withEve = { ...withBob(), conversation: "d", peer: { user: "eve" } };
const waitsForEve = (...client_ids) => {
  let hasRoom = true;
  let now = 0;
  const [sent, kept] = [[], []];
  const keep = ({ client_id, to, conversation }) => {
    if (hasRoom) kept.push([client_id, to ?? conversation]);
    return hasRoom;
  };
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: () => {}, now: () => now, keep });
  for (const client_id of client_ids) session.say({ client_id, to: "eve", text: "x", at: 1 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  const comesBack = () => {
    session.handleDisconnected();
    sent.length = 0;
    session.handleWelcome({ limits: {} });
  };
  const passes = (ms) => {
    now += ms;
    session.handleTime();
  };
  comesBack();
  const asked = () => take("open").map(({ id, to, conversation }) => [id, to ?? conversation]);
  const said = () => take("send").map(({ client_id, conversation }) => [client_id, conversation]);
  return { session, kept, take, asked, said, comesBack, passes, room: (has) => (hasRoom = has) };
};
{
  const { session, kept, asked, said, comesBack } = waitsForEve("1", "2");
  const [[id, name], ...more] = asked();
  same("who is meant is asked once", [name, more], ["eve", []]);
  session.handleFrame({ type: "opened", id, summary: withEve });
  same("and kept from then on", kept, [["1", "d"], ["2", "d"]]);
  same("it goes there", said(), [["1", "d"]]);
  comesBack();
  same("also when the name is another's", said(), [["1", "d"]]);
  session.say({ client_id: "3", to: "nobody", text: "x", at: 1 });
  session.handleFrame({ type: "error", id: asked()[0][0], code: "unknown_user", message: "nobody has this name" });
  same("to nobody it is not sent", session.outgoing.find("3").failed.code, "unknown_user");
}
{
  const { session, kept, take, said, comesBack } = waitsForEve("1");
  session.say({ client_id: "2", conversation: "d", text: "x", at: 1 });
  session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations: [withEve] });
  same("a conversation that is told of takes what waits for its name", kept, [["1", "d"]]);
  comesBack();
  same("in its order", said(), [["1", "d"]]);
  session.say({ client_id: "3", to: "eve", text: "x", at: 1 });
  same("and what comes later", kept, [["1", "d"], ["3", "d"]]);
}
{
  const { session, kept, asked, said, passes } = waitsForEve("1");
  const [[id]] = asked();
  session.handleFrame({ type: "error", id, code: "busy", message: "later", retry_after_ms: 500 });
  session.handleFrame({ type: "gone", user: "eve", now: "deleted-2" });
  same("what waits for one who has gone", kept, [["1", "deleted-2"]]);
  passes(500);
  same("is for nobody else", [asked().map(([, name]) => name), said()], [["deleted-2"], []]);
}
{
  const { session, asked, said } = waitsForEve("1");
  const [[id]] = asked();
  session.handleFrame({ type: "gone", user: "eve", now: "deleted-2" });
  session.handleFrame({ type: "opened", id, summary: withEve });
  same("also when an answer crosses with it", [asked().map(([, name]) => name), said()], [["deleted-2"], []]);
}
{
  const { session, kept, asked, said, passes, room } = waitsForEve("1", "2");
  room(false);
  session.handleFrame({ type: "opened", id: asked()[0][0], summary: withEve });
  passes(1000);
  same("nothing goes before the storage knows where", said(), []);
  room(true);
  passes(1000);
  same("then it does", [kept, said()], [[["1", "d"], ["2", "d"]], [["1", "d"]]]);
}

// What has happened while there was no connection.
{
  const { session, take, told, summary } = opened(withBob());
  session.show("c");
  session.handleFrame({ ...page(1, 3), id: take("history")[0].id });
  const comesBack = (conversation) => {
    session.handleDisconnected();
    session.handleWelcome({ limits: {} });
    session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations: [conversation] });
  };
  comesBack(withBob({ first: 3 }));
  same("what is too old", [session.conversations.get("c").log.entries.map(({ seq }) => seq), told.filter(({ type }) => type === "begins").length], [[3], 1]);
  comesBack(withBob({ first: 3, peer: { user: "deleted-1", online: false } }));
  same("who has deleted their account", [summary().peer.user, session.conversations.get("c").log.loading], ["deleted-1", true]);
  same("is told", told.filter(({ type }) => type === "gone").map(({ user, now, conversation }) => [user, now, conversation]), [["bob", "deleted-1", "c"]]);
}
{
  const { session, take, told, summary } = opened(withBob());
  const theirs = withBob({ peer: { user: "deleted-1", online: false }, last: entry(3, { from: "deleted-1", text: "", deleted_at: 9 }) });
  const others = { ...withBob(), conversation: "d" };
  const comesBack = () => {
    session.handleDisconnected();
    session.handleWelcome({ limits: {} });
    session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations: [others, theirs] });
    return [summary().peer.user, session.conversations.get("d").summary.peer.user, session.conversations.get("d").summary.last.text, take("open").length];
  };
  same("whoever has the name by then is somebody else", [comesBack(), comesBack()], Array(2).fill(["deleted-1", "bob", "text 3", 0]));
  session.handleFrame({ type: "gone", user: "bob", now: "deleted-1" });
  same("also for a push that comes later", session.conversations.get("d").summary.peer.user, "bob");
  same("and it is told once", told.filter(({ type }) => type === "gone").length, 1);
  session.handleFrame({ type: "begins", conversation: "c", first: 2 });
  const [{ id }] = take("open");
  session.handleFrame({ type: "opened", id, summary: withBob() });
  const again = take("open");
  same("a summary from before brings nobody back", [summary().peer.user, again.length], ["deleted-1", 1]);
  session.handleFrame({ type: "opened", id: again[0].id, summary: withBob() });
  same("what is said once more holds, as after a backup was restored", [summary().peer.user, take("open").length], ["bob", 0]);
}
{
  const group = { conversation: "c", kind: "group", name: "ops", past: "all", public: false, members: 3, role: "member", first: 1, head: 3, read: 3, unread: 0 };
  const { session, take } = opened(group);
  session.show("c");
  session.handleFrame({ ...page(1, 3), id: take("history")[0].id });
  session.handleDisconnected();
  session.handleWelcome({ limits: {} });
  session.handleFrame({ type: "conversations", id: take("list")[0].id, conversations: [{ ...group, head: 4, members: 2 }] });
  const [{ id, after }] = take("history");
  const left = { conversation: "c", seq: 4, at: 4, from: "deleted-1", client_id: "l", kind: "members", change: "left", users: ["deleted-1"] };
  session.handleFrame({ type: "page", id, conversation: "c", entries: [left], first: 1, head: 4 });
  same("a member who has deleted their account", [after, take("history").map(({ limit, before }) => [limit, before])], [3, [[50, null]]]);
}

return failures;
