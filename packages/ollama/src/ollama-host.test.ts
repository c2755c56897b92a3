import { ollamaUrl } from "./ollama-host.js";

describe("ollamaUrl", () => {
  it.each([
    ["", "http://127.0.0.1:11434"],
    ["1.2.3.4", "http://1.2.3.4:11434"],
    [":1234", "http://127.0.0.1:1234"],
    [":11434", "http://127.0.0.1:11434"],
    ["1.2.3.4:1234", "http://1.2.3.4:1234"],
    ["gpu.example", "http://gpu.example:11434"],
    ["gpu:1234", "http://gpu:1234"],
    ["gpu:80", "http://gpu"],
    ["gpu:", "http://gpu:11434"],
    ["gpu:66000", "http://gpu:11434"],
    ["gpu:-1", "http://gpu:11434"],
    ["gpu:http", "http://gpu:11434"],
    [":66000", "http://127.0.0.1:11434"],
    ["[::1]", "http://[::1]:11434"],
    ["::1", "http://[::1]:11434"],
    ["[::1]:1337", "http://[::1]:1337"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:8080", "http://127.0.0.1:8080"],
    ["[::]", "http://127.0.0.1:11434"],
    ["[::]:8080", "http://127.0.0.1:8080"],
    [" 1.2.3.4 ", "http://1.2.3.4:11434"],
    ['"1.2.3.4"', "http://1.2.3.4:11434"],
    [` " 1.2.3.4 " `, "http://1.2.3.4:11434"],
    ["'1.2.3.4:1'", "http://1.2.3.4:1"],
    ["http://1.2.3.4", "http://1.2.3.4"],
    ["http://1.2.3.4:4321", "http://1.2.3.4:4321"],
    ["http://gpu:1234/", "http://gpu:1234"],
    ["http://:1234", "http://127.0.0.1:1234"],
    ["http://0.0.0.0:11434", "http://127.0.0.1:11434"],
    ["https://gpu.example", "https://gpu.example"],
    ["https://gpu.example:443", "https://gpu.example"],
    ["https://gpu.example:66000", "https://gpu.example"],
    ["https://1.2.3.4:4321", "https://1.2.3.4:4321"],
    ["https://gpu.example/ollama", "https://gpu.example/ollama"],
    ["https://gpu.example:99/k/key/", "https://gpu.example:99/k/key"],
    ["gpu.example/ollama", "http://gpu.example:11434/ollama"],
    ["ollama.com", "https://ollama.com"],
  ])("reads %j as %s", (text, url) => {
    expect(ollamaUrl(text)).toBe(url);
  });

  it.each(["ftp://gpu", "constructor://gpu", "unix:///run/ollama.sock", "HTTP:/gpu://x"])(
    "refuses the scheme of %j",
    (text) => {
      expect(() => ollamaUrl(text)).toThrow("http or https");
    },
  );

  it.each(["two words", "http://user:secret@gpu", "[::1", "a<b"])(
    "refuses %j, and repeats nothing of it",
    (text) => {
      expect(() => ollamaUrl(text)).toThrow("it names no host");
    },
  );
});
