const SECRET = /fl[ks]_[A-Za-z0-9_-]{8,}/g;

/** The text with API keys and session tokens taken out, for whatever stays on a screen or is read aloud. */
export function withoutSecrets(text: string): string {
  return text.replace(SECRET, (secret) => `${secret.slice(0, 4)}…`);
}
