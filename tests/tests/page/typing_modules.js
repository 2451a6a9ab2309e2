// The body of an async function: what is returned is the list of failures. The cases of client/src/session/tests/typing.rs.

const { Session } = await import("/assets/session.js");
const { typingWords } = await import("/assets/typists.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};

const summary = (id, user) => ({ conversation: id, kind: "direct", peer: { user, online: true }, first: 1, head: 1, read: 0, unread: 0 });

const opened = () => {
  const clock = { now: 0 };
  const sent = [];
  const told = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: (event) => told.push(event), now: () => clock.now });
  const comes = () => {
    session.handleWelcome({ limits: { text_bytes_max: 8192 } });
    const { id } = sent.splice(0).find(({ type }) => type === "list");
    session.handleFrame({ type: "conversations", id, conversations: [summary("c", "bob"), summary("d", "eve"), summary("e", "alice")] });
    told.length = 0;
  };
  comes();
  const bobTypes = (lease_ms) => session.handleFrame({ type: "typing", conversation: "c", user: "bob", lease_ms });
  const news = () => told.splice(0).filter(({ type }) => type === "conversation").length;
  const notices = () => sent.splice(0).filter(({ type }) => type === "typing").map(({ conversation, stopped }) => (stopped ? `not ${conversation}` : conversation));
  return { session, clock, comes, bobTypes, news, notices };
};

{
  const { session, clock, bobTypes, news } = opened();
  bobTypes(6000);
  same("he types", [session.typing.in("c"), news(), session.deadline], [["bob"], 1, 6000]);
  clock.now = 3000;
  bobTypes(6000);
  same("still, which is no news", [session.typing.in("c"), news(), session.deadline], [["bob"], 0, 9000]);
  clock.now = 8999;
  session.handleTime();
  same("until the lease", [session.typing.in("c"), news()], [["bob"], 0]);
  clock.now = 9000;
  session.handleTime();
  same("runs out", [session.typing.in("c"), news(), session.deadline], [[], 1, null]);
  bobTypes(1e300);
  same("no lease is for ever", session.deadline, 69_000);
}
for (const [what, end] of [
  ["an entry", ({ session }) => session.handleFrame({ type: "entry", conversation: "c", seq: 2, at: 2, from: "bob", client_id: "b2", kind: "message", text: "x" })],
  ["a stop", ({ bobTypes }) => bobTypes(0)],
  ["a departure", ({ session }) => session.handleFrame({ type: "presence", user: "bob", online: false })],
  ["a lost connection", ({ session }) => session.handleDisconnected()],
]) {
  const bench = opened();
  bench.bobTypes(6000);
  end(bench);
  same(`${what} ends it`, [bench.session.typing.in("c"), bench.session.deadline], [[], null]);
}
{
  const { session } = opened();
  session.handleFrame({ type: "typing", conversation: "elsewhere", user: "bob", lease_ms: 6000 });
  session.handleFrame({ type: "typing", conversation: "c", user: "alice", lease_ms: 6000 });
  same("strangers and oneself are passed over", session.deadline, null);
}
{
  const { session, clock, comes, notices } = opened();
  for (let key = 0; key < 50; key += 1) session.notifyTyping("c", false);
  same("once in a while", notices(), ["c"]);
  clock.now = 3000;
  session.notifyTyping("c", false);
  same("and again", notices(), ["c"]);
  session.notifyTyping("c", true);
  session.notifyTyping("c", true);
  same("its end once", notices(), ["not c"]);
  session.notifyTyping("c", false);
  session.notifyTyping("d", false);
  same("elsewhere ends it", notices(), ["c", "not c", "d"]);
  session.say({ client_id: "m1", conversation: "d", text: "x", at: 1 });
  same("a message ends it", notices(), ["not d"]);
  session.notifyTyping("e", false);
  same("notes are nobody's business", notices(), []);
  session.notifyTyping("c", false);
  clock.now = 9000;
  session.notifyTyping("c", true);
  same("what is not believed any more needs no end", notices(), ["c"]);
  session.notifyTyping("c", false);
  session.handleDisconnected();
  session.notifyTyping("c", false);
  comes();
  session.notifyTyping("c", false);
  same("a new connection has told nobody yet", notices(), ["c"]);
}
for (const [names, words] of [
  [[], ""],
  [["bob"], "bob is typing…"],
  [["bob", "eve"], "bob and eve are typing…"],
  [["bob", "eve", "dan"], "bob, eve and 1 other are typing…"],
  [["bob", "eve", "dan", "fay"], "bob, eve and 2 others are typing…"],
]) same(`${names.length} who type`, typingWords(names), words);

return failures;
