// The body of an async function: what is returned is the list of failures. Groups.

const { happeningOf } = await import("/assets/happening.js");
const { groupAfter, memberCount, topicProblem } = await import("/assets/group.js");
const { isName, namesIn, namesOf } = await import("/assets/names.js");
const { newsOf } = await import("/assets/gist.js");
const { rowsOf } = await import("/assets/rows.js");
const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

const entry = (seq, from, more) => ({ conversation: "c", seq, at: seq * 10, from, client_id: `id${seq}`, ...more });
const message = (seq, from, text = `text ${seq}`) => entry(seq, from, { kind: "message", text });
const members = (seq, from, change, users) => entry(seq, from, { kind: "members", change, users });
const group = (seq, from, more) => entry(seq, from, { kind: "group", ...more });

// Names.
for (const name of ["a", "0", "ops", "a_b.c-d", "w".repeat(32)]) same(`a name: ${name}`, isName(name), true);
for (const none of ["", "A", "#ops", "_a", "ä", "a b", "w".repeat(33), "group/1"]) same(`no name: ${none}`, isName(none), false);
same("names that are typed", namesIn(" Bob, eve;bob\n ann "), ["bob", "eve", "ann"]);
same("no names", namesIn(" , "), []);
same("one", namesOf(["bob"], "alice"), "bob");
same("the user is one of them", namesOf(["bob", "alice", "eve"], "alice"), "bob, you and eve");
same("many", namesOf(Array.from({ length: 12 }, (_, at) => `n${at}`), "alice"), "n0, n1, n2, n3, n4, n5, n6, n7, n8 and 3 others");

// What happens, in words.
for (const [what, expected] of [
  [members(1, "ann", "added", ["bob", "eve"]), "ann added bob and eve"],
  [members(1, "alice", "added", ["bob"]), "You added bob"],
  [members(1, "ann", "removed", ["alice"]), "ann removed you"],
  [members(1, "bob", "joined", ["bob"]), "bob joined"],
  [members(1, "alice", "left", ["alice"]), "You left"],
  [members(1, "ann", "promoted", ["bob"]), "ann made bob an admin"],
  [members(1, "ann", "demoted", ["ann"]), "ann gave the admin's role back"],
  [members(1, "ann", "demoted", ["alice"]), "ann took the admin's role back from you"],
  [members(1, "ann", "painted", ["bob"]), null],
  [group(1, "ann", { name: "ops", topic: "t", past: "all", public: true }), "ann made the public group #ops"],
  [group(1, "ann", { name: "ops", past: "none", public: false }), "ann made the private group #ops"],
  [group(2, "ann", { name: "prod" }), "ann renamed the group to #prod"],
  [group(2, "ann", { topic: "what\nruns\u202e" }), "ann set the topic: what runs\ufffd"],
  [group(2, "ann", { topic: "" }), "ann took the topic away"],
  [group(2, "ann", { past: "none" }), "ann closed the past to newcomers"],
  [group(2, "ann", { past: "some" }), null],
  [message(1, "ann"), null],
]) same(`${JSON.stringify(what)}`, happeningOf(what, "alice"), expected);
same("in the list", newsOf(members(1, "ann", "joined", ["ann"]), "alice", true), "ann joined");
same("whose message it is", newsOf(message(1, "ann", "hi"), "alice", true), "ann: hi");
same("between two that is clear", newsOf(message(1, "ann", "hi"), "alice"), "hi");
same("whose deed it is", newsOf(entry(1, "ann", { kind: "deletion", target: 1 }), "alice", true), "ann deleted a message");

// What becomes of a group.
const ops = { name: "ops", topic: undefined, past: "all", members: 3, role: "member" };
same("members come", groupAfter(ops, members(2, "ann", "added", ["x", "y"]), "alice").members, 5);
same("and go", groupAfter(ops, members(2, "ann", "left", ["ann"]), "alice").members, 2);
same("the user may do more", groupAfter(ops, members(2, "ann", "promoted", ["alice"]), "alice").role, "admin");
same("another may not", groupAfter(ops, members(2, "ann", "promoted", ["bob"]), "alice"), ops);
same("only what is said changes", groupAfter(ops, group(2, "ann", { topic: "t" }), "alice"), { ...ops, topic: "t" });
same("a message changes nothing", groupAfter(ops, message(2, "ann"), "alice"), ops);
same("one", [memberCount(1), memberCount(2)], ["1 member", "2 members"]);
same("a topic", [topicProblem("é".repeat(256)), topicProblem("é".repeat(257)) !== ""], ["", true]);

// Rows.
{
  const entries = [group(1, "ann", { name: "ops", public: true }), message(2, "ann"), message(3, "ann"), members(4, "ann", "joined", ["ann"]), message(5, "ann"), message(6, "alice")];
  const view = { me: "alice", newAfter: null, day: () => "today", receiptOf: () => "read", readersOf: (seq) => [`reader of ${seq}`] };
  const rows = rowsOf(entries, [], view);
  same("the kinds", rows.map(({ kind, continues }) => (continues ? "continues" : kind)), ["day", "happening", "message", "continues", "happening", "message", "message"]);
  same("only one's own have readers", rows.map(({ readers }) => readers?.length ?? 0), [0, 0, 0, 0, 0, 0, 1]);
  const deletable = (mayDelete) => rowsOf(entries, [], { ...view, mayDelete }).filter((row) => row.mayDelete).length;
  same("what may be deleted", [deletable(false), deletable(true)], [1, 4]);
}

// The session.
const opened = () => {
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event), now: () => 0 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  const answers = ({ id }, answer) => session.handleFrame({ ...answer, id });
  const summary = (more = {}) => ({ conversation: "c", kind: "group", name: "ops", public: false, past: "all", members: 3, role: "member", first: 1, head: 2, read: 2, unread: 0, ...more });
  const comes = (...conversations) => {
    session.handleWelcome({ limits: {} });
    answers(take("list")[0], { type: "conversations", conversations });
  };
  const conversation = () => session.conversations.get("c");
  return { session, take, answers, summary, comes, told, conversation };
};
const marks = (delivered, read) => ({ delivered, ...(read !== undefined && { read }) });
{
  const { session, take, answers, summary, comes, conversation } = opened();
  comes(summary());
  session.show("c");
  const [asked] = take("members");
  session.handleFrame({ type: "marks", conversation: "c", user: "bob", ...marks(2, 2) });
  same("one alone is not all", [conversation().receiptOf(2), conversation().readersOf(2)], ["sent", ["bob"]]);
  const listed = (user, ...numbers) => ({ user, role: "member", online: true, marks: marks(...numbers) });
  answers(asked, { type: "members", conversation: "c", members: [listed("alice", 2, 2), listed("bob", 1, 1), listed("eve", 2)], more: false });
  same("a push is newer", [conversation().receiptOf(2), conversation().readersOf(2)], ["delivered", ["bob"]]);
  session.handleFrame({ type: "marks", conversation: "c", user: "eve", ...marks(2, 2) });
  same("all have read", [conversation().receiptOf(2), conversation().readersOf(2)], ["read", ["bob", "eve"]]);
  session.handleFrame({ type: "entry", ...members(3, "bob", "added", ["dan"]) });
  same("who comes is counted, and asked about", [conversation().summary.members, take("members").length, conversation().summary.unread], [4, 1, 0]);
  session.handleFrame({ type: "entry", ...members(3, "bob", "added", ["dan"]) });
  same("once", conversation().summary.members, 4);
  session.handleFrame({ type: "entry", ...members(4, "bob", "promoted", ["alice"]) });
  same("the user's role", conversation().summary.role, "admin");
}
{
  const { session, take, summary, comes, conversation } = opened();
  comes(summary({ members: 101 }));
  session.show("c");
  same("a large group is not asked", [take("members").length, conversation().receiptOf(2), conversation().readersOf(2)], [0, "sent", []]);
}
{
  const { session, take, answers, summary, comes, told, conversation } = opened();
  comes(summary());
  session.show("c");
  answers(take("history")[0], { type: "page", conversation: "c", entries: [message(1, "bob"), message(2, "bob")], first: 1, head: 2 });
  const done = session.changeGroup({ type: "change_group", conversation: "c", name: "prod", client_id: "x" });
  answers(take("change_group")[0], { type: "ack", client_id: "x", conversation: "c", seq: 3, at: 30 });
  await Promise.resolve();
  answers(take("open")[0], { type: "opened", summary: summary({ name: "prod", head: 3 }) });
  same("what one did is done when it is known", [await done, conversation().summary.name], ["c", "prod"]);
  same("and read from the log", take("history").map(({ after }) => after), [2]);
  session.handleFrame({ type: "left", conversation: "c" });
  const left = told.find(({ type }) => type === "left");
  same("out", [left.summary.name, session.conversations.size], ["prod", 0]);
  session.handleFrame({ type: "left", conversation: "c" });
  same("once", told.filter(({ type }) => type === "left").length, 1);
}
{
  const { session, summary, comes, told } = opened();
  const direct = { conversation: "d", kind: "direct", peer: { user: "bob", online: true }, first: 1, head: 0, read: 0, unread: 0 };
  comes(summary(), direct);
  session.handleDisconnected();
  comes();
  same("left meanwhile, but nobody leaves a conversation of two", [told.filter(({ type }) => type === "left").length, [...session.conversations.keys()]], [1, ["d"]]);
}

// Pages of members.
{
  const { MemberList } = await import("/assets/memberlist.js");
  const all = Array.from({ length: 260 }, (_, at) => ({ user: `m${String(at).padStart(3, "0")}`, role: "member", online: false, marks: marks(0) }));
  const asked = [];
  const call = async ({ after = "", limit }) => {
    asked.push(limit);
    const rest = all.filter(({ user }) => user > after);
    return { members: rest.slice(0, limit), more: rest.length > limit };
  };
  const conversation = { summary: { kind: "group", role: "member", head: 1 }, log: null };
  let drawn = () => {};
  const app = { me: "m000", session: { online: true, call }, conversation, render: () => drawn() };
  const list = new MemberList(app, async () => true);
  const loads = (start) => new Promise((done) => {
    drawn = () => {
      list.render(conversation.summary);
      done([document.getElementById("members-list").childElementCount, document.getElementById("members-more").hidden]);
    };
    start();
  });
  same("the first", await loads(() => list.open("c")), [50, false]);
  same("more", await loads(() => document.getElementById("members-more").click()), [100, false]);
  all.length = 70;
  same("all of them again", await loads(() => list.reload()), [70, true]);
  same("as few requests as can be", asked, [50, 100, 100]);
}

return failures;
