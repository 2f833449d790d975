// Votes as WhatsApp's clients seal them. Baileys opens votes, but casts none: this is the other half, from the same recipe.
import { createCipheriv, createHash, createHmac, randomBytes } from "node:crypto";
import { proto } from "baileys";

const hmac = (key, data) => createHmac("sha256", key).update(data).digest();
const hash = (option) => createHash("sha256").update(option).digest();

/** The content of a vote for `options` in a poll; people by the addresses the poll's chat uses. */
export function vote({ poll, pollKey, creator, voter, options }) {
  const secret = poll.messageContextInfo.messageSecret;
  const about = Buffer.concat([pollKey.id, creator, voter, "Poll Vote", "\u0001"].map((part) => Buffer.from(part)));
  const key = hmac(hmac(Buffer.alloc(32), secret), about);
  const iv = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(Buffer.from(`${pollKey.id}\u0000${voter}`));
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hash) }).finish();
  const encPayload = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
  return {
    pollUpdateMessage: {
      pollCreationMessageKey: pollKey,
      vote: { encPayload, encIv: iv },
      senderTimestampMs: Date.now(),
    },
  };
}

/** The options behind the hashes of an opened vote. */
export const chosen = (options, { selectedOptions }) =>
  options.filter((option) => selectedOptions.some((one) => hash(option).equals(Buffer.from(one))));
