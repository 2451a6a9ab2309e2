// The body of an async function: what is returned is the list of failures. What is done to messages, and how far they are.

const { changed, folded, quoteAfter, quoteOf } = await import("/assets/fold.js");
const { Log, WINDOW_MAX } = await import("/assets/log.js");
const { Outgoing } = await import("/assets/outgoing.js");
const { Outbox } = await import("/assets/outbox.js");
const { Session } = await import("/assets/session.js");
const { Delivery } = await import("/assets/delivery.js");
const { receiptOf, grown } = await import("/assets/receipts.js");
const { rowsOf } = await import("/assets/rows.js");
const { newsOf, gist } = await import("/assets/gist.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

const message = (seq, from, text, more = {}) => ({ conversation: "c", seq, at: seq * 10, from, client_id: `id${seq}`, kind: "message", text, ...more });
const change = (kind, seq, from, more = {}) => ({ conversation: "c", seq, at: seq * 10, from, client_id: `id${seq}`, kind, target: 1, ...more });
const edit = (seq, text, more) => change("edit", seq, "ann", { text, ...more });
const reaction = (seq, from, emoji, removed) => change("reaction", seq, from, { emoji, ...(removed && { removed }) });
const deletion = (seq, more) => change("deletion", seq, "ann", more);

// The fold: the cases of protocol/src/entry.rs.
{
  let told = message(1, "ann", "helo");
  const applies = (entry) => {
    const before = told;
    told = changed(told, entry);
    return JSON.stringify({ ...told, changed: 0 }) !== JSON.stringify({ ...before, changed: 0 });
  };
  const reactions = () => (told.reactions ?? []).map(({ emoji, users }) => [emoji, users]);
  same("an edit", applies(edit(3, "hello")), true);
  same("is in it already", [applies(edit(2, "hel")), told === changed(told, edit(3, "x"))], [false, true]);
  same("the text", [told.text, told.edited_at], ["hello", 30]);
  same("a reaction", applies(reaction(4, "bob", "👍")), true);
  same("once is enough", applies(reaction(5, "bob", "👍")), false);
  same("another's", applies(reaction(6, "ann", "👍")), true);
  same("another one", applies(reaction(7, "ann", "🎉")), true);
  same("both", reactions(), [["👍", ["bob", "ann"]], ["🎉", ["ann"]]]);
  same("taken back", applies(reaction(8, "ann", "🎉", true)), true);
  same("once", applies(reaction(9, "ann", "🎉", true)), false);
  same("one is left", [reactions(), told.changed], [[["👍", ["bob", "ann"]]], 9]);
  same("what nobody knows changes nothing", applies(change("poll", 10, "ann")), false);
}
{
  const origin = message(1, "ann", "origin");
  let told = message(1, "ann", "secret", { file: { id: "f", name: "f" }, reply_to: quoteOf(origin) });
  told = changed(changed(told, reaction(2, "ann", "👍")), deletion(3));
  const blank = message(1, "ann", "", { deleted_at: 30, changed: 3 });
  same("nothing is left of a deleted message", told, blank);
  same("and nothing changes it any more", changed(told, edit(4, "back")) === told, true);
}
{
  let quote = quoteOf(message(1, "ann", "é".repeat(201)));
  same("a quote is short", [[...quote.text].length, quote.text.endsWith("…")], [201, true]);
  quote = quoteAfter(quote, edit(2, "short"));
  same("it follows its origin", quote.text, "short");
  same("not another", quoteAfter(quote, edit(2, "another", { target: 2 })) === quote, true);
  same("and not what is said about it", quoteAfter(quote, reaction(2, "ann", "👍")) === quote, true);
  quote = quoteAfter(quote, deletion(3));
  same("to its end", [quote.deleted, quote.text, quoteAfter(quote, edit(4, "back")) === quote], [true, "", true]);
  same("of a file", quoteOf(message(1, "ann", "", { file: { name: "a.png" } })), { seq: 1, from: "ann", text: "", file: "a.png" });
}

// The window.
const page = (entries, head, first = 1) => ({ type: "page", conversation: "c", entries, first, head });
const lines = (first, last, more) => Array.from({ length: last - first + 1 }, (_, index) => message(first + index, "ann", `line ${first + index}`, more));
{
  const log = new Log();
  log.handleNewest(page([...lines(1, 2), message(3, "bob", "so", { reply_to: { seq: 1, from: "ann", text: "line 1" } })], 3));
  same("an edit is the next entry", log.handleEntry(edit(4, "better")), true);
  same("it changes its message and the quote", [log.find(1).text, log.find(3).reply_to.text, log.entries.length], ["better", "better", 4]);
  same("others are the same", log.find(2).text, "line 2");
  log.handleEntry(deletion(6));
  same("one beyond a gap waits", [log.find(1).text, log.missing(6)], ["better", { after: 4 }]);
  log.handleGap(page([reaction(5, "bob", "👍"), deletion(6), message(7, "bob", "last", { reactions: [{ emoji: "👍", users: ["ann"] }], changed: 9 })], 9));
  same("and then it comes", [log.find(1).deleted_at, log.find(3).reply_to.deleted], [60, true]);
  log.handleEntry(change("reaction", 8, "ann", { target: 7, emoji: "🎉" }));
  same("what a page knew already", log.find(7).reactions.map(({ emoji }) => emoji), ["👍"]);
  log.handleEntry(change("reaction", 9, "ann", { target: 7, emoji: "👍" }));
  log.handleEntry(change("reaction", 10, "bob", { target: 7, emoji: "👍" }));
  same("what it did not", log.find(7).reactions, [{ emoji: "👍", users: ["ann", "bob"] }]);
}
{
  const log = new Log();
  log.handleNewest(page(lines(51, 100), 100));
  log.fetch("older");
  log.handleEntry(edit(101, "pushed", { target: 20 }));
  log.handleOlder(page(lines(1, 50), 100));
  same("a push that overtakes the page", log.find(20).text, "pushed");
  log.fetch("older");
  log.handleOlder(page(lines(1, 0), 101));
  same("is not taken in twice", log.entries.length, 101);
}
{
  const log = new Log();
  log.handleNewest(page(lines(1001, 1050), 1050));
  for (let first = 951; first > 0; first -= 50) log.handleOlder(page(lines(first, first + 49), 1050));
  same("its end is given up", [log.first, log.last, log.told, log.following], [1, WINDOW_MAX, 1050, false]);
  log.handleEntry(edit(1051, "still told", { target: 5 }));
  same("but what it holds still changes", [log.find(5).text, log.last, log.told], ["still told", WINDOW_MAX, 1051]);
  same("missed meanwhile", log.missing(1053), { after: 1051 });
  log.handleGap(page([edit(1052, "again", { target: 5 }), message(1053, "bob", "later")], 1053));
  same("is told as well", [log.find(5).text, log.entries.length, log.told], ["again", WINDOW_MAX, 1053]);
  log.fetch("newer");
  log.handleEntry(edit(1054, "on the way", { target: 1010 }));
  log.handleNewer(page(lines(1001, 1050), 1053));
  same("the page after it", [log.last, log.following, log.find(1010).text], [1050, false, "on the way"]);
  log.handleNewer(page([edit(1051, "still told", { target: 5 }), edit(1052, "again", { target: 5 }), message(1053, "bob", "later"), edit(1054, "on the way", { target: 1010 })], 1054));
  same("until it is back", [log.last, log.following, log.told], [1054, true, 1054]);
  same("far behind further up it stays", [new Log().missing(9999), log.missing(9999)], [null, "newest"]);
}
{
  const log = new Log();
  log.handleNewest(page(lines(951, 1000), 1000));
  log.fetch("around");
  log.handleEntry(edit(1001, "meanwhile", { target: 10 }));
  log.handleAround(page(lines(1, 35), 1000));
  same("around an old one", [log.first, log.last, log.told, log.following, log.atStart], [1, 35, 1001, false, true]);
  same("with what came meanwhile", log.find(10).text, "meanwhile");
}

// Changes on their way, and in the outbox.
const wanted = (client_id, kind, more = {}) => ({ client_id, conversation: "c", at: 1, ...(kind && { kind, target: 1 }), ...more });
{
  const outgoing = new Outgoing();
  for (const one of [wanted("m", null, { text: "hi" }), wanted("e", "edit", { text: "ho" }), wanted("d", "deletion")]) outgoing.push(one);
  same("in their order", [outgoing.ready(0), outgoing.messages, outgoing.changes].map((all) => all.map(({ client_id }) => client_id).join()), ["m", "m", "e,d"]);
  outgoing.remove("m");
  outgoing.ready(0);
  same("one that cannot be made is over", [outgoing.refused("e", { code: "message_deleted" }, 0).kind, outgoing.changes.length], ["edit", 1]);
  outgoing.push(wanted("r", null, { text: "answer", reply_to: 7 }));
  outgoing.refused("r", { code: "message_deleted" }, 0);
  same("an answer to what is gone is tried without it", outgoing.retry("r").reply_to, undefined);
}
{
  const disk = {};
  for (const [name, value] of Object.entries({
    getItem: (key) => disk[key] ?? null, setItem: (key, value) => { disk[key] = value; }, removeItem: (key) => { delete disk[key]; },
  })) Object.defineProperty(disk, name, { value });
  disk["chat.outbox/alice/gone/0"] = JSON.stringify(wanted("d", "deletion"));
  disk["chat.outbox/alice/gone/1"] = JSON.stringify(wanted("x", "nonsense"));
  const adopted = [];
  await new Outbox("alice", (one) => adopted.push(one.client_id), { storage: disk, locks: null, journal: "mine" }).open();
  same("a change outlives its page", adopted, ["d"]);
}

// The session.
const opened = () => {
  const clock = { now: 0 };
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event), now: () => clock.now });
  const take = (type) => sent.splice(0).filter((request) => !type || request.type === type);
  const hears = (frame) => session.handleFrame(frame);
  const answers = ({ id }, answer) => session.handleFrame({ ...answer, id });
  const comes = (more = {}) => {
    session.handleWelcome({ limits: { text_bytes_max: 8192 } });
    const list = sent.find(({ type }) => type === "list");
    const summary = { conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head: 2, read: 2, unread: 0, ...more };
    answers(list, { type: "conversations", conversations: [summary] });
  };
  const shows = () => {
    session.show("c");
    const [history] = take("history");
    answers(history, page([message(1, "alice", "mine"), message(2, "bob", "his")], 2));
  };
  const conversation = () => session.conversations.get("c");
  return { session, clock, take, hears, answers, comes, shows, told, conversation };
};
{
  const { session, take, hears, answers, comes, shows, told, conversation } = opened();
  comes();
  take();
  shows();
  session.say(wanted("e", "edit", { text: "better" }));
  session.say(wanted("r", "reaction", { target: 2, emoji: "👍" }));
  const [request] = take();
  same("the request", { ...request, id: 0 }, { type: "edit", conversation: "c", seq: 1, client_id: "e", text: "better", id: 0 });
  answers(request, { type: "ack", client_id: "e", conversation: "c", seq: 3, at: 30 });
  same("the ack makes the entry", [conversation().log.find(1).text, conversation().log.find(1).edited_at, conversation().log.last], ["better", 30, 3]);
  const [react] = take();
  same("then the next", { ...react, id: 0 }, { type: "react", conversation: "c", seq: 2, client_id: "r", emoji: "👍", id: 0 });
  session.handleDisconnected();
  comes({ head: 3 });
  const [again] = take("react");
  same("again under the same id", again.client_id, "r");
  const { type, ...entry } = reaction(4, "alice", "👍");
  hears({ type: "entry", ...entry, client_id: "r", target: 2 });
  same("what stands in the log is made", [session.outgoing.all.length, conversation().log.find(2).reactions], [0, [{ emoji: "👍", users: ["alice"] }]]);
  session.say(wanted("x", "deletion", { target: 2 }));
  answers(take("delete")[0], { type: "error", code: "not_yours", message: "no" });
  const refused = told.find(({ type }) => type === "refused");
  same("a refused one is told and goes", [refused.message.client_id, refused.message.failed.code, session.outgoing.all.length], ["x", "not_yours", 0]);
}
{
  const { session, take, hears, answers, comes, shows, told, conversation } = opened();
  comes();
  shows();
  take();
  told.length = 0;
  hears({ type: "entry", ...change("reaction", 3, "bob", { emoji: "👍" }) });
  same("a reaction is not unread", [conversation().summary.unread, told.some(({ type }) => type === "arrived"), take("delivered")], [0, false, []]);
  same("but it is the last", newsOf(conversation().summary.last, "alice"), "reacted 👍");
  session.say({ client_id: "a", conversation: "c", text: "so", at: 1, reply_to: 2 });
  const [send] = take("send");
  same("an answer", send.reply_to, 2);
  answers(send, { type: "ack", client_id: "a", conversation: "c", seq: 4, at: 40 });
  same("has its quote", conversation().log.find(4).reply_to, { seq: 2, from: "bob", text: "his" });
  conversation().log.entries.splice(0, 1);
  session.say({ client_id: "b", conversation: "c", text: "and", at: 1, reply_to: 1 });
  answers(take("send")[0], { type: "ack", client_id: "b", conversation: "c", seq: 5, at: 50 });
  const [gap] = take("history");
  same("an answer to what is not loaded is read from the log", [gap.after, conversation().log.last], [4, 4]);
  answers(gap, page([message(5, "alice", "and", { client_id: "b", reply_to: { seq: 1, from: "alice", text: "mine" } })], 5));
  same("with its quote", conversation().log.find(5).reply_to.text, "mine");
}

// How far messages are.
{
  const marks = (...all) => [1, 2, 3].map((seq) => receiptOf(seq, all)).join();
  same("nobody else", marks(), "sent,sent,sent");
  same("one", marks({ delivered: 2, read: 1 }), "read,delivered,sent");
  same("who does not tell", marks({ delivered: 2 }), "delivered,delivered,sent");
  same("all of several", marks({ delivered: 3, read: 3 }, { delivered: 2, read: 1 }), "read,delivered,sent");
  same("they only grow", grown({ delivered: 5, read: 3 }, { delivered: 4, read: 2 }), { delivered: 5, read: 3 });
  same("unless nothing is told any more", grown({ delivered: 5, read: 3 }, { delivered: 6 }), { delivered: 6 });
}
{
  const { hears, comes, conversation } = opened();
  comes({ peer_marks: { delivered: 2, read: 1 } });
  const states = () => [1, 2, 3].map((seq) => conversation().receiptOf(seq)).join();
  same("the summary's", states(), "read,delivered,sent");
  hears({ type: "marks", conversation: "c", user: "bob", delivered: 3, read: 2 });
  same("and what is pushed", states(), "read,read,delivered");
  hears({ type: "marks", conversation: "c", user: "alice", delivered: 9, read: 9 });
  hears({ type: "marks", conversation: "d", user: "bob", delivered: 9, read: 9 });
  same("not one's own, nor elsewhere", states(), "read,read,delivered");
}
{
  const delivery = new Delivery();
  delivery.got("c", 5);
  same("at once", [delivery.deadline, delivery.due(0)], [0, [{ conversation: "c", seq: 5 }]]);
  for (const seq of [6, 7]) delivery.got("c", seq);
  delivery.got("d", 1);
  same("then seldom, in each conversation", [delivery.due(1), delivery.deadline], [[{ conversation: "d", seq: 1 }], 1000]);
  same("the last one", delivery.due(1000), [{ conversation: "c", seq: 7 }]);
  delivery.got("c", 8);
  delivery.handleRead("c", 8);
  same("what is read is here", [delivery.deadline, delivery.due(9000)], [null, []]);
  delivery.got("c", 9, 20_000);
  same("what may be read at once waits", [delivery.due(10_000), delivery.deadline], [[], 20_000]);
  delivery.handleDisconnected();
  same("a new connection begins anew", delivery.deadline, null);
}
{
  const { session, clock, take, hears, comes } = opened();
  comes({ unread: 2 });
  same("what is unread has arrived", take("delivered").map(({ conversation, seq }) => [conversation, seq]), [["c", 2]]);
  hears({ type: "entry", ...message(3, "bob", "one") });
  hears({ type: "entry", ...message(4, "alice", "from another device") });
  hears({ type: "entry", ...message(5, "bob", "two") });
  same("not at once again", [take("delivered"), session.deadline], [[], 1000]);
  clock.now = 1000;
  session.handleTime();
  same("but then", take("delivered").map(({ seq }) => seq), [5]);
}

// What is seen.
{
  const view = { me: "alice", newAfter: null, day: () => "today", receiptOf: (seq) => (seq === 1 ? "read" : "delivered") };
  const log = [message(1, "alice", "mine"), message(2, "bob", "his"), edit(3, "x"), reaction(4, "bob", "👍"), message(5, "alice", "more"), { ...message(6, "bob"), kind: "later" }];
  const changes = [wanted("d", "deletion")];
  const rows = rowsOf(folded(log, { ...changes[0], from: "alice" }), [{ client_id: "q", text: "so", at: 99, reply_to: 2 }], { ...view, changes });
  const messages = rows.filter(({ kind }) => kind === "message");
  same("changes have no row", messages.map(({ seq, state }) => [seq, state].join(" ")), ["1 read", "2 sent", "5 delivered", "6 sent", " queued"]);
  same("what waits is shown", [messages[0].message.deleted_at, messages[0].waiting.length, messages[1].waiting.length], [1, 1, 0]);
  same("what nobody knows", messages[3].message, null);
  same("what is answered", messages[4].message.reply_to, { seq: 2, from: "bob", text: "his" });
  const alone = rowsOf([], [{ client_id: "q", text: "so", at: 99, reply_to: 2 }], view).at(-1);
  same("what is answered and not loaded", alone.message.reply_to, { seq: 2 });
}
for (const [entry, words] of [
  [message(1, "bob", "hi"), "hi"],
  [message(1, "alice", "hi"), "You: hi"],
  [message(1, "bob", "", { deleted_at: 5 }), "message deleted"],
  [edit(2, "x"), "edited a message"],
  [{ ...deletion(2), from: "alice" }, "You deleted a message"],
  [reaction(2, "bob", "👍"), "reacted 👍"],
  [reaction(2, "alice", "👍", true), "You took 👍 back"],
  [change("poll", 2, "bob"), "…"],
]) same(`the list says ${words}`, newsOf(entry, "alice"), words);
same("a file without a text", gist({ text: "", file: { name: "a\u202e.png" } }), "📎 a\ufffd.png");

return failures;
