/** The account's dialog: devices, settings, the password, the way out. */

import { $, complain, make, write } from "./dom.js";
import { loadBlocked } from "./blocked.js";
import { explain } from "./explain.js";
import { safeLine } from "./text.js";
import { moment } from "./time.js";

/** Connects the dialog with the page. */
export function openAccount(app) {
  const dialog = $("account");
  write($("account-name"), app.me);
  $("password-user").value = app.me;
  $("account-open").onclick = () => {
    $("password-form").reset();
    for (const id of ["password-error", "logout-error", "devices-error", "receipts-error", "settings-error"]) complain($(id), "");
    $("tells-typing").checked = app.settings.tellsTyping;
    $("password-done").hidden = true;
    renderLogoutNote(app);
    loadDevices(app);
    loadBlocked(app);
    setReceipts(app, {});
    dialog.showModal();
  };
  $("read-receipts").onchange = ({ target }) => setReceipts(app, { read_receipts: target.checked });
  $("tells-typing").onchange = ({ target }) => {
    try {
      app.settings.tellsTyping = target.checked;
    } catch {
      target.checked = app.settings.tellsTyping;
      complain($("settings-error"), "This browser does not keep it: its storage is full.");
    }
  };
  dialog.onclose = () => app.composer.focus();
  $("password-form").onsubmit = (event) => {
    event.preventDefault();
    changePassword(app);
  };
  $("logout").onclick = async () => {
    try {
      await app.logout();
    } catch (refused) {
      complain($("logout-error"), explain(refused));
    }
  };
}

function renderLogoutNote({ session, client, drafts }) {
  const waiting = session.outgoing.messages.length;
  const changes = session.outgoing.changes.length;
  const text = waiting === 1 ? "One message is not sent yet. It stays" : `${waiting} messages are not sent yet. They stay`;
  const undone = changes === 1 ? "One change of a message is not made yet. It waits" : `${changes} changes of messages are not made yet. They wait`;
  const files = client.uploader.uploads.all.filter(({ record }) => !record.cancelled).length;
  const which = files === 1 ? "One file is not uploaded yet. Choose it" : `${files} files are not uploaded yet. Choose them`;
  const notes = [
    waiting && `${text} in this browser until you log in here again.`,
    changes && `${undone} in this browser as well.`,
    files && `${which} again when you are back, and the rest goes on.`,
    drafts.areKept && "What you have begun to write stays in this browser, too.",
  ];
  complain($("logout-note"), notes.filter(Boolean).join(" "));
}

/** Changes what is given, and shows what holds then. */
async function setReceipts(app, change) {
  const box = $("read-receipts");
  complain($("receipts-error"), "");
  try {
    const { read_receipts } = await app.session.call({ type: "settings", ...change });
    box.checked = read_receipts;
    box.disabled = false;
  } catch (refused) {
    if (change.read_receipts !== undefined) box.checked = !change.read_receipts;
    // What holds is not known without the server.
    else box.disabled = true;
    complain($("receipts-error"), explain(refused));
  }
}

async function loadDevices(app) {
  try {
    const { devices } = await app.session.call({ type: "devices" });
    $("devices").replaceChildren(...devices.map((device) => deviceRow(app, device)));
  } catch (refused) {
    $("devices").replaceChildren();
    complain($("devices-error"), explain(refused));
  }
}

function deviceRow(app, { device, name, created_at, last_seen, current }) {
  const title = safeLine(name) || "a device without a name";
  const seen = last_seen ? `, last seen ${moment(last_seen)}` : "";
  const about = current ? "this browser" : `since ${moment(created_at)}${seen}`;
  const row = make("li", {}, make("span", { class: "device" }, make("b", {}, title), make("small", {}, about)));
  if (!current) {
    const revoke = make("button", { type: "button", "aria-label": `Log out ${title}, ${about}` }, "Log out");
    revoke.onclick = async () => {
      revoke.disabled = true;
      complain($("devices-error"), "");
      await app.session.call({ type: "revoke", device }).catch((refused) => complain($("devices-error"), explain(refused)));
      await loadDevices(app);
      $("devices-title").focus();
    };
    row.append(revoke);
  }
  return row;
}

async function changePassword(app) {
  const [old, fresh] = [$("password-old"), $("password-new")];
  $("password-done").hidden = true;
  const refuse = (field, text) => {
    complain($("password-error"), text);
    field.focus();
  };
  if (!old.value) return refuse(old, "The old password is missing.");
  const bytes = new TextEncoder().encode(fresh.value).length;
  if (bytes < 8) return refuse(fresh, "A password has at least 8 characters.");
  if (bytes > 256) return refuse(fresh, "A password has at most 256 bytes.");
  complain($("password-error"), "");
  try {
    await app.session.call({ type: "password", old: old.value, new: fresh.value });
    $("password-form").reset();
    $("password-user").value = app.me;
    $("password-done").hidden = false;
    loadDevices(app);
  } catch (refused) {
    const isWrong = refused.code === "bad_credentials";
    refuse(old, isWrong ? "The old password is not right." : explain(refused));
  }
}
