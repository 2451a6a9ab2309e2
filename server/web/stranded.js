/** What was to be said in a group that the user is not in any more: it has no place where it could be seen. */

import { gist } from "./gist.js";

/** Nothing is sent there any more; what is on its way the server refuses. @returns {boolean} Whether there was something. */
export function giveUp({ client, pending }, id) {
  const uploads = pending.uploadsOf(id);
  const failed = pending.messagesOf(id).filter((message) => message.failed);
  for (const upload of uploads) client.uploader.cancel(upload);
  for (const { client_id } of failed) pending.discard(client_id);
  return uploads.length + failed.length > 0;
}

/** Says of a message that was refused what it was, if it has no place. */
export function dropStranded({ notice, pending, session }, { client_id, conversation, ...message }) {
  if (message.failed.code !== "unknown_conversation" || session.conversations.has(conversation)) return;
  notice.show(`Not sent, because you are not in that group any more: ${gist(message)}`);
  pending.discard(client_id);
}
