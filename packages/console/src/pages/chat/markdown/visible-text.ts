/**
 * Letters that nobody sees and that change what is read: those that turn the direction of the text around them
 * ("trojan source"), and tags, which hide a whole text. They are shown as what they are.
 */
const HIDDEN = /[\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]/gu;

export function visibleText(text: string): string {
  return text.replace(HIDDEN, (letter) => `⟨U+${letter.codePointAt(0)?.toString(16).toUpperCase()}⟩`);
}
