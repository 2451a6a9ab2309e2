/** What a refusal means, in words for the person who reads it. */

import { safeLine } from "./text.js";

const WORDS = {
  bad_credentials: "Name and password do not match.",
  name_taken: "Somebody has this name already. Choose another one, or log in if it is yours.",
  registration_closed: "This server makes no new accounts here. Ask its operator for one.",
  unknown_message: "The message is not there any more.",
  message_deleted: "The message was deleted meanwhile.",
  not_yours: "Only who has sent a message can change it.",
  blocked: "Nothing passes between the two of you: one has blocked the other.",
  unknown_group: "There is no such group, or it is private.",
  unknown_conversation: "You are in no such conversation any more.",
  not_allowed: "Only the group's admins may do that.",
  unknown_device: "This device is logged out already.",
  busy: "The server has too much to do right now. Try again in a moment.",
  unavailable: "That does not work right now. Try again in a moment.",
  internal: "The server made a mistake. Its log says more.",
  unknown_file: "The file is not on the server any more. Send it once more.",
  file_too_large: "The file is larger than this server takes.",
  quota_exceeded: "Your files have no more room on this server.",
  unreadable: "The file has changed meanwhile, or cannot be read any more. Attach it again.",
  offline: "The server cannot be reached right now.",
};

/**
 * What is refused about a group. Its message says who or what is meant.
 * @param {{code?: string, message?: string, retry_after_ms?: number}} refused
 */
export function explainGroup(refused) {
  return ["name_taken", "unknown_user", "blocked"].includes(refused.code) ? sentence(safeLine(refused.message ?? "")) : explain(refused);
}

/** @param {{code?: string, message?: string, retry_after_ms?: number}} refused An error frame. */
export function explain({ code, message = "", retry_after_ms }) {
  if (code === "rate_limited") {
    const seconds = Math.ceil((retry_after_ms ?? 1000) / 1000);
    return `That was too often. Try again in ${seconds === 1 ? "a second" : `${seconds} seconds`}.`;
  }
  return WORDS[code] ?? sentence(safeLine(message));
}

function sentence(text) {
  return text ? `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}` : "That did not work.";
}

const UNDONE = { edit: "Your edit was not made.", deletion: "The message was not deleted.", reaction: "Your reaction was not made." };

/**
 * @param {{kind: string, failed: object}} change Of a message, that the server has refused.
 * @param {string} [peer] With whom the conversation is.
 */
export function refusalOf({ kind, failed }, peer) {
  const where = peer ? `In the conversation with ${peer}: ` : "";
  return `${where}${UNDONE[kind]} ${explain(failed)}`;
}
