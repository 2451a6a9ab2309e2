// The body of an async function: what is returned is the list of failures.

const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

const entry = (seq) => ({ conversation: "c", seq, at: seq, from: "bob", client_id: `id${seq}`, kind: "message", text: `text ${seq}` });
const entries = (first, last) => Array.from({ length: last - first + 1 }, (_, index) => entry(first + index));
const page = (first, last, head = last) => ({ type: "page", conversation: "c", entries: entries(first, last), first: 1, head });
const withBob = (head, more = {}) => ({ conversation: "c", kind: "direct", peer: { user: "bob", online: true }, first: 1, head, read: 0, unread: head, last: entry(head), ...more });

/** A session that is connected, with one conversation whose log ends there. */
const opened = (head, more) => {
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event), now: () => 0 });
  const take = (type) => sent.splice(0).filter((request) => request.type === type);
  const one = (type) => {
    const [request, ...others] = take(type);
    same(`one ${type} is asked`, [Boolean(request), others.length], [true, 0]);
    return request ?? {};
  };
  const answers = ({ id }, answer) => session.handleFrame({ ...answer, id });
  const connects = () => session.handleWelcome({ limits: {} });
  const lists = (summary) => answers(one("list"), { type: "conversations", conversations: [summary] });
  /** The server is there again, with a log that ends here. */
  const comesBack = (summary) => {
    session.handleDisconnected();
    connects();
    lists(summary);
  };
  connects();
  lists(withBob(head, more));
  const conversation = () => session.conversations.get("c");
  const shown = () => conversation().log.entries.map(({ seq }) => seq);
  return { session, told, take, one, answers, connects, comesBack, conversation, shown };
};

// The server comes back from an older backup.
for (const [known, head] of [[9, 5], [9000, 5000], [9, 0]]) {
  const { session, take, one, answers, comesBack, shown } = opened(known);
  comesBack(withBob(head));
  session.show("c");
  answers(one("history"), page(Math.max(1, head - 2), head));
  same(`${known} were known, ${head} are there: nothing more is asked for`, take("history"), []);
  session.handleFrame({ type: "entry", ...entry(head + 1) });
  same("and it goes on there", shown().at(-1), head + 1);
}
// The store comes back under a server that goes on: only pages tell.
for (const [known, head] of [[9, 5], [9000, 5000], [9, 0]]) {
  const { session, take, one, answers, conversation, shown } = opened(known);
  session.show("c");
  answers(one("history"), page(Math.max(1, head - 2), head));
  const summary = one("open");
  same("what is unread is for the server to say", [summary.conversation, take("history")], ["c", []]);
  answers(summary, { type: "opened", summary: withBob(head) });
  same("and holds", [conversation().summary.head, conversation().summary.unread, take("history").length], [head, head, 0]);
  session.handleFrame({ type: "entry", ...entry(head + 1) });
  same("and it goes on there", shown().at(-1), head + 1);
}
{
  const { session, take, one, answers, shown } = opened(4);
  session.show("c");
  answers(one("history"), page(1, 4));
  session.handleFrame({ type: "entry", ...entry(9) });
  const gap = one("history");
  same("a gap", gap.after, 4);
  answers(gap, page(5, 4, 3));
  answers(one("history"), page(1, 3));
  same("an empty page tells where the log ends", [shown(), take("history")], [[1, 2, 3], []]);
}
{
  const { session, take, one, answers, shown } = opened(4);
  session.show("c");
  answers(one("history"), page(1, 4));
  session.handleFrame({ type: "entry", ...entry(6) });
  const gap = one("history");
  session.handleFrame({ type: "entry", ...entry(7) });
  answers(gap, page(5, 6));
  const next = one("history");
  same("what came while it was asked is fetched", next.after, 6);
  answers(next, page(7, 7));
  same("once", [shown().at(-1), take("history")], [7, []]);
}
// What is open is read anew.
{
  const { session, take, one, answers, comesBack, conversation, shown } = opened(9, { read: 8, unread: 1, peer_marks: { delivered: 9, read: 9 } });
  session.show("c");
  answers(one("history"), page(1, 9));
  session.read("c", 9);
  comesBack(withBob(5, { read: 4, unread: 1, peer_marks: { delivered: 5, read: 5 } }));
  same("what is told of others goes back", [5, 6].map((seq) => conversation().receiptOf(seq)), ["read", "sent"]);
  same("the server says what is unread", [conversation().summary.unread, conversation().summary.last.seq, conversation().readWanted], [1, 5, 5]);
  session.handleFrame({ type: "entry", ...entry(6) });
  answers(one("history"), page(1, 6));
  same("it is read anew", [shown(), take("history"), conversation().summary.unread], [[1, 2, 3, 4, 5, 6], [], 2]);
}
{
  const { session, told, take, one, answers, connects, conversation } = opened(9);
  session.handleDisconnected();
  connects();
  const list = one("list");
  session.handleFrame({ type: "entry", ...entry(10) });
  answers(list, { type: "conversations", conversations: [withBob(9)] });
  same("a list from before a push takes nothing back", [conversation().summary.head, conversation().summary.unread], [10, 10]);
  same("and nobody is told twice", told.filter(({ type }) => type === "arrived").length, 1);
  same("and nothing is asked", take("open"), []);
}

return failures;
