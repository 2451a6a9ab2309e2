// The body of an async function: what is returned is the list of failures. What decides about files, against tables.

const { Meter } = await import("/assets/meter.js");
const { sizeText, leftText } = await import("/assets/amounts.js");
const { splitName, badgeOf, typeOf, wordOf, mayPreview } = await import("/assets/kinds.js");
const { sizeOf } = await import("/assets/picture.js");
const { Uploads, RUNNING_MAX } = await import("/assets/uploads.js");
const { refusalOf } = await import("/assets/tus.js");
const { statusOf, milestoneOf } = await import("/assets/progress.js");
const { takesFiles, nameOfPasted, tooLarge } = await import("/assets/picking.js");
const { rowsOf } = await import("/assets/rows.js");
const { Session } = await import("/assets/session.js");

const failures = [];
const same = (what, actual, expected) => {
  const [a, b] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (a !== b) failures.push(`${what}: ${a} instead of ${b}`);
};
const table = (what, work, cases) => {
  for (const [given, expected] of cases) same(`${what}(${JSON.stringify(given)})`, work(given), expected);
};

// Words.
table("sizeText", sizeText, [
  [0, "0 bytes"], [1, "1 byte"], [1023, "1023 bytes"], [1024, "1 KiB"], [1536, "1.5 KiB"], [102_348, "99.9 KiB"], [1_048_575, "1 MiB"],
  [8 * 1024 * 1024, "8 MiB"], [1e9, "954 MiB"], [2 ** 31, "2 GiB"], [5e15, "4547 TiB"],
]);
table("leftText", leftText, [
  [0.2, "1 s left"], [59, "59 s left"], [60, "1 min left"], [61, "2 min left"], [3600, "1 h left"], [5000, "1 h 24 min left"], [1e9, "days left"],
]);
table("splitName", splitName, [
  ["a.png", ["a", ".png"]], ["x", ["x", ""]], ["a.tar.gz", ["a.tar", ".gz"]], [".bashrc", [".bashrc", ""]], ["a.", ["a.", ""]], ["", ["", ""]],
  ["invoice.pdf            .exe", ["invoice.pdf            ", ".exe"]],
]);
table("badgeOf", badgeOf, [["a.png", "PNG"], ["x", ""], ["a.jpeg", "JPEG"], ["a.longer", ""], ["a.p\u202eg", ""]]);
table("typeOf", typeOf, [["image/png", "image/png"], ["image/svg+xml", "application/octet-stream"], ["", "application/octet-stream"], ["toString", "application/octet-stream"]]);
table("wordOf", wordOf, [["image/png", "PNG picture"], ["application/octet-stream", "file"], ["constructor", "file"]]);
table("tooLarge", ([size, max]) => tooLarge("x", size, max), [
  [[9, 10], ""], [[10, 10], ""], [[10, undefined], ""], [[1, 0], "This server takes no files."],
  [[2048, 1024], "x has 2 KiB, and a file is at most 1 KiB here. It was not sent."],
  [[8388609, 8388608], "x has 8,388,609 bytes, and a file is at most 8 MiB here. It was not sent."],
]);
table("takesFiles", takesFiles, [
  [["Files"], true], [["text/html", "Files"], true], [["text/plain", "Files"], true], [["text/plain"], false],
  [["text/plain", "text/html", "text/rtf", "Files"], false], [[], false],
]);
const noon = new Date(2026, 10, 5, 12, 3, 4);
table("nameOfPasted", (name) => nameOfPasted({ name }, noon), [["image.png", "picture 2026-11-05 12.03.04.png"], ["notes.txt", "notes.txt"], ["image", "image"]]);
table("refusalOf", ([status, body]) => refusalOf(status, body).code, [
  [[413, ""], "file_too_large"], [[413, '{"type":"error","id":null,"code":"quota_exceeded","message":"x"}'], "quota_exceeded"],
  [[502, "<html>"], "unavailable"], [[404, ""], "unknown_file"], [[423, ""], "busy"], [[400, "null"], "refused"],
]);

// The rate.
{
  const meter = new Meter();
  same("nothing yet", meter.rate(0), null);
  for (let second = 0; second <= 20; second += 1) meter.add(second * 1000, second * 1000);
  same("a steady rate", meter.rate(20_100), 1000);
  same("a stall is seen", meter.rate(25_000), 0);
  meter.add(20_000, 21_000);
  same("so is a slower pace", meter.rate(21_000) < 1000, true);
  meter.add(5_000, 22_000);
  same("what is sent again does not count", meter.rate(22_000), null);
}

// Pictures: real ones of the browser's own making, and ones that lie.
{
  const canvas = new OffscreenCanvas(40, 30);
  canvas.getContext("2d").fillRect(0, 0, 9, 9);
  const made = async (type) => new Uint8Array(await (await canvas.convertToBlob({ type })).arrayBuffer());
  const types = ["image/png", "image/jpeg", "image/webp"];
  for (const type of types) {
    const bytes = await made(type);
    same(type, sizeOf(bytes, type), { width: 40, height: 30 });
    for (const other of [...types, "image/gif"].filter((other) => other !== type)) same(`${type} as ${other}`, sizeOf(bytes, other), null);
    for (let length = 0; length < 20; length += 1) same(`${length} bytes of ${type}`, sizeOf(bytes.slice(0, length), type), null);
  }
  const latin = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
  const gif = (screen, frame) => latin(`GIF89a${screen}\x80\0\0......!\xf9\x04\0\0\0\0\0,\0\0\0\0${frame}\0`);
  same("a GIF", sizeOf(gif("\x28\0\x1e\0", "\x28\0\x1e\0"), "image/gif"), { width: 40, height: 30 });
  same("a GIF whose frame is larger than itself", sizeOf(gif("\x28\0\x1e\0", "\xff\xff\xff\xff"), "image/gif"), null);
  same("a GIF that is a script", sizeOf(latin("GIF89a/*aaaaaa*/=1;alert(1)//"), "image/gif"), null);
  const png = (width, height) => {
    const bytes = latin(`\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR${"\0".repeat(13)}`);
    new DataView(bytes.buffer).setUint32(16, width);
    new DataView(bytes.buffer).setUint32(20, height);
    return bytes;
  };
  table("a PNG of", ([width, height]) => sizeOf(png(width, height), "image/png"), [
    [[8000, 8000], { width: 8000, height: 8000 }], [[60_000, 60_000], null], [[30_000, 1], null], [[0, 5], null], [[2 ** 32 - 1, 2 ** 32 - 1], null],
  ]);
  for (const text of ["<svg xmlns='http://www.w3.org/2000/svg'/>", "<!doctype html><script>1</script>", ""]) {
    for (const type of [...types, "image/gif", "image/svg+xml", "text/html"]) same(`${text} as ${type}`, sizeOf(latin(text), type), null);
  }
  table("mayPreview", ([type, size]) => mayPreview({ type, size }), [
    [["image/png", 1], true], [["image/svg+xml", 1], false], [["text/html", 1], false], [["image/png", 0], false], [["image/png", 2 ** 30], false],
  ]);
}

// Uploads: which moves, which waits, what goes out.
const record = (client_id, more = {}) => ({ client_id, conversation: "c", text: "", at: 1, name: client_id, size: 100, modified: 7, type: "image/png", ...more });
const ids = (uploads) => uploads.map(({ id }) => id).join("");
{
  const uploads = new Uploads();
  const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => uploads.add(record(name), {}));
  same("so many at once", [ids(uploads.ready(0)), RUNNING_MAX], ["abc", 3]);
  same("no more", ids(uploads.ready(0)), "");
  same("they are staged", [a, d].map(({ isStaged }) => isStaged), [true, true]);
  b.reached(100);
  b.complete();
  same("then the next", ids(uploads.ready(0)), "d");
  same("nothing was sent yet", ids(uploads.deliverable()), "");
  for (const one of [a, b, c]) one.record.batch = "1";
  same("nobody overtakes in a batch", ids(uploads.deliverable()), "");
  d.record.batch = "2";
  d.complete();
  same("another batch does", ids(uploads.deliverable()), "d");
  a.broke({ code: "quota_exceeded", message: "no" }, 0, 1);
  same("one that failed holds nobody up", [a.state, ids(uploads.deliverable()), a.isStaged], ["failed", "bd", false]);
  c.broke({ code: "offline" }, 1000, 1);
  same("a broken line is waited for", [c.state, uploads.deadline, ids(uploads.ready(1199))], ["resting", 1200, ""]);
  same("and tried again", ids(uploads.ready(1200)), "c");
  c.broke({ code: "offline" }, 1200, 1);
  same("later each time", uploads.deadline, 1600);
  uploads.nudge();
  same("at once when the connection is back", ids(uploads.ready(1200)), "c");
  c.reached(50);
  c.broke({ code: "offline" }, 2000, 1);
  same("what moved was a success", uploads.deadline, 2200);
  c.record.url = "/api/uploads/1";
  c.broke({ code: "unknown_file" }, 3000, 1);
  same("an upload that has expired begins anew", [c.state, c.record.url, c.bytes], ["resting", null, 0]);
  for (const code of ["unauthenticated", "refused", "file_too_large", "unknown_file"]) {
    c.broke({ code }, 0, 0);
    same(`${code} is final`, c.state, "failed");
    c.retry();
  }
  c.file = null;
  same("without its file it needs one", c.needsFile, true);
  c.record.cancelled = true;
  same("unless it was cancelled", [c.needsFile, c.isStaged, ids(uploads.deliverable())], [false, false, "bd"]);
}
{
  const upload = new Uploads().add(record("x", { url: "/api/uploads/1" }));
  upload.state = "running";
  upload.reached(40);
  same("while it is looked how far it is", statusOf(upload, 0), "40 of 100 bytes");
  upload.strand();
  same("then the file is asked for", statusOf(upload, 0), "40 % is there. Choose the file again to go on.");
  const file = { name: "x", size: 100, lastModified: 7 };
  table("awaits", (more) => upload.awaits({ ...file, ...more }), [[{}, true], [{ size: 101 }, false], [{ name: "y" }, false], [{ lastModified: 8 }, false]]);
  same("it is not sent with the next text", upload.isStaged, false);
  upload.resume(file);
  same("and goes on", [upload.state, upload.awaits(file)], ["queued", false]);
  const said = [];
  for (const bytes of [1, 25, 30, 99]) {
    upload.moved(bytes, bytes * 100);
    said.push(milestoneOf(upload));
  }
  same("milestones", said, ["", "25 %", "25 %", "75 %"]);
  same("its pace", statusOf({ ...upload, state: "running", needsFile: false }, 9900), "99 of 100 bytes, 10 bytes/s, 1 s left");
  upload.complete();
  same("whole", [milestoneOf(upload), statusOf(upload, 0)], ["uploaded", "100 bytes, ready to send"]);
}

// The message.
{
  const sent = [];
  const session = new Session({ me: "alice", send: (request) => sent.push(request), tell: () => {}, now: () => 0 });
  session.handleWelcome({ limits: {} });
  const file = { id: "0123456789abcdef", name: "a.png", size: 3, type: "image/png" };
  const message = { client_id: "m", conversation: "c", text: "", at: 1, file };
  session.say(message);
  const { id, ...request } = sent.at(-1);
  same("what is sent", request, { type: "send", conversation: "c", client_id: "m", text: "", file: file.id });
  const entry = { type: "entry", conversation: "c", seq: 1, at: 1, from: "alice", client_id: "m", kind: "message", text: "" };
  session.handleFrame({ ...entry, file: { ...file, id: "another" } });
  same("the same text with another file is not it", session.outgoing.messages.length, 1);
  session.handleFrame({ ...entry, file });
  same("the same file is", session.outgoing.messages.length, 0);
  const view = { me: "alice", newAfter: null, day: () => "day" };
  const { id: _, ...begun } = file;
  const rows = [rowsOf([], [{ ...message, file: begun }], view), rowsOf([], [message], view), rowsOf([{ ...entry, file }], [], view)].map((all) => all.at(-1));
  same("one row from the first byte to the ack", [new Set(rows.map(({ key }) => key)).size, rows.map(({ message: { file } }) => file.id ?? null)], [1, [null, file.id, file.id]]);
}

return failures;
