import { revokeMadeKey } from "./chat-key.js";
import { request } from "./client.js";
import { currentSession, endSession } from "./session.js";

/**
 * Ends the session here in any case, and at once: whoever leaves a strange machine must not wait for a network. A key
 * that was made for this visit is revoked before the session is handed back; one that was pasted is only forgotten.
 * @throws ApiError if the api could not be told; then key and session end by themselves.
 */
export async function signOut(everywhere: boolean): Promise<void> {
  const session = currentSession();
  if (session?.kind !== "wallet") {
    endSession();
    return;
  }
  const { token } = session;
  const revoked = revokeMadeKey(token);
  endSession();
  await Promise.allSettled([revoked]);
  await request("/flock/v1/sign-out", { method: "POST", body: { everywhere }, token });
}
