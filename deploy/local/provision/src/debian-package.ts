import { execFile } from "node:child_process";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type AptSource, mainArchives, parseAptSources, sourceLine } from "./apt-sources.js";
import { downloadEnvironment } from "./child-environment.js";

/** Newest first. Each of these packages needs only libc 2.34, so they run on older releases too. */
const SUITES = ["unstable", "trixie"] as const;
/** For one apt command: package lists are about 11 MB, the package 6 MB. */
const APT_TIMEOUT_MS = 180_000;

const run = promisify(execFile);

/**
 * Fetches the newest `nats-server` package that the machine's own configured Debian mirror offers and unpacks it into
 * `directory`, without touching the system: apt works with private lists, cache and sources, while the machine's
 * proxy, authentication and trusted keys stay in force. Needs no privileges.
 * @throws Error saying what was tried and why it failed.
 */
export async function unpackDebianPackage(
  directory: string,
  onProgress: (message: string) => void,
): Promise<string> {
  const archives = mainArchives(await configuredSources("/etc/apt"), await releaseCodename());
  if (archives.length === 0) {
    throw new Error("the Debian package: this machine has no Debian mirror configured in /etc/apt");
  }
  const failures: string[] = [];
  for (const archive of archives) {
    for (const suite of SUITES) {
      try {
        onProgress(`fetching the nats-server package of Debian ${suite} from this machine's mirror`);
        return await fetchAndUnpack(directory, archive, suite);
      } catch (error) {
        failures.push(`${archive.uri} ${suite}: ${firstErrorLine(error)}`);
      }
    }
  }
  throw new Error(`the Debian package: ${failures.join("; ")}`);
}

/**
 * Every source in `sources.list` and `sources.list.d` below the given apt directory; files that cannot be read count as
 * empty.
 */
async function configuredSources(aptDirectory: string): Promise<AptSource[]> {
  const parts = join(aptDirectory, "sources.list.d");
  const names = (await readdir(parts).catch(() => [])).sort().map((name) => join(parts, name));
  const files = [join(aptDirectory, "sources.list"), ...names];
  const sources: AptSource[] = [];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    if (file.endsWith(".sources")) sources.push(...parseAptSources(text, "deb822"));
    else if (file.endsWith(".list")) sources.push(...parseAptSources(text, "one-line"));
  }
  return sources;
}

/** Debian's name for the running release, for example `bookworm`; empty on anything else. */
async function releaseCodename(): Promise<string> {
  const text = await readFile("/etc/os-release", "utf8").catch(() => "");
  return /^VERSION_CODENAME="?([a-z]+)"?$/m.exec(text)?.[1] ?? "";
}

async function fetchAndUnpack(directory: string, archive: AptSource, suite: string): Promise<string> {
  const home = join(directory, suite);
  await mkdir(join(home, "lists/partial"), { recursive: true });
  await mkdir(join(home, "cache/archives/partial"), { recursive: true });
  await writeFile(join(home, "sources.list"), `${sourceLine(archive, suite)}\n`);
  await writeFile(join(home, "apt.conf"), aptConfiguration(home));
  const command = { cwd: home, timeout: APT_TIMEOUT_MS, env: downloadEnvironment() };
  const apt = ["-q", `--config-file=${home}/apt.conf`];
  await run("apt-get", [...apt, "update"], command);
  await run("apt-get", [...apt, "download", "nats-server"], command);
  const deb = (await readdir(home)).find((name) => name.endsWith(".deb"));
  if (deb === undefined) throw new Error("apt-get download left no package");
  await run("dpkg", ["-x", deb, "root"], command);
  return join(home, "root/usr/sbin/nats-server");
}

/**
 * Read after the machine's own configuration, of which it keeps everything but places and hooks: those may touch the
 * system, and fail for a user who is not root. The sandbox user is root because apt's own unprivileged user could not
 * enter our directories; it only matters when we are root.
 */
function aptConfiguration(home: string): string {
  return `
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::Etc::sourcelist "${home}/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::Lists "${home}/lists";
Dir::Cache "${home}/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::http::Timeout "15";
Acquire::https::Timeout "15";
`;
}

/** apt marks its errors "E: "; without one (no apt at all) the message itself. */
function firstErrorLine(error: unknown): string {
  const { stderr, message } = error as Error & { stderr?: string };
  return stderr?.split("\n").find((line) => line.startsWith("E: ")) ?? message.split("\n")[0] ?? message;
}
