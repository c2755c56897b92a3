import { ollamaUrl } from "@flock/ollama";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mustHold, taken } from "../outcome.js";

const SEEDS = [
  "",
  "0.0.0.0",
  "127.0.0.1:11434",
  "http://host",
  "https://host:8443/ollama/",
  "[::1]:1234",
  "::1",
  "ollama.com",
  '"host:80"',
];

export const ollamaHosts = fuzzTarget({
  name: "ollama-hosts",
  about: "`OLLAMA_HOST` and what else names an Ollama",
  open: () => ({
    inputs: mutatedText(SEEDS),
    probe: (text) => {
      const url = taken(() => ollamaUrl(text))?.value;
      if (url === undefined) return false;
      mustHold(/^https?:\/\/[^/@]+/.test(url) && URL.canParse(url), `${url} is no address of an Ollama`);
      const { username, password } = new URL(url);
      mustHold(username === "" && password === "", "a password, in what is logged");
      return true;
    },
  }),
});
