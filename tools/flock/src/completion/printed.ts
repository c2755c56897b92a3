/** What work prints, instead of printing it: @bomb.sh/tab has no other way to tell. */
export function printedBy(work: () => void): string {
  const { log } = globalThis.console;
  let text = "";
  globalThis.console.log = (line: string) => {
    text += `${line}\n`;
  };
  try {
    work();
  } finally {
    globalThis.console.log = log;
  }
  return text;
}
