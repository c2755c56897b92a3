/*
 * What has a user's machine run a worker: the files of systemd and of launchd. Both read a language of their own, so
 * what somebody typed is written in it.
 */

/** A unit of systemd for a user. A worker whose options are wrong, or whose wallet is banned, is not started again. */
export function systemdUnit(command: readonly string[]): string {
  return `[Unit]
Description=FlockOllamas worker
Wants=network-online.target
After=network-online.target

[Service]
ExecStart=${command.map(inSystemdWords).join(" ")}
Restart=on-failure
RestartSec=5
RestartPreventExitStatus=2 3
TimeoutStopSec=40

[Install]
WantedBy=default.target
`;
}

function inSystemdWords(word: string): string {
  const escaped = word
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("%", "%%")
    .replaceAll("$", "$$$$");
  return `"${escaped.replaceAll("\n", "\\n")}"`;
}

/** A job of launchd for a user. */
export function launchAgent(label: string, command: readonly string[], log: string): string {
  const words = command.map((word) => `    <string>${inXml(word)}</string>\n`).join("");
  return `<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0"><dict>
  <key>Label</key><string>${inXml(label)}</string>
  <key>ProgramArguments</key><array>
${words}  </array>
  <key>RunAtLoad</key><true/>
  <key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>
  <key>ExitTimeOut</key><integer>40</integer>
  <key>StandardErrorPath</key><string>${inXml(log)}</string>
</dict></plist>
`;
}

function inXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
