import { type ChatMessage, ChatTemplate } from "./chat-template.js";

const CHATML =
  "{% for message in messages %}{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}{% endfor %}" +
  "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";
const template = new ChatTemplate({ template: CHATML, bosToken: "<s>", eosToken: "</s>" });
const message = (role: ChatMessage["role"], content: string): ChatMessage => ({ role, content });

describe("ChatTemplate", () => {
  it("ends with the place where the answer begins", () => {
    expect(template.render([message("system", "Be kind."), message("user", "Hi")])).toBe(
      "<|system|>Be kind.<|end|><|user|>Hi<|end|><|assistant|>",
    );
  });

  it("merges consecutive messages of one role with a blank line", () => {
    expect(template.render([message("user", "a"), message("user", "b")])).toBe(
      "<|user|>a\n\nb<|end|><|assistant|>",
    );
  });

  it("leaves the assistant's message open when it is the last", () => {
    expect(template.render([message("user", "Count"), message("assistant", "1, 2,")])).toBe(
      "<|user|>Count<|end|><|assistant|>1, 2,",
    );
  });

  it("reports what the template itself refuses", () => {
    const strict = new ChatTemplate({
      template: "{{ raise_exception('no roles') }}",
      bosToken: "",
      eosToken: "",
    });
    expect(() => strict.render([message("user", "x")])).toThrow("refuses these messages: no roles");
  });
});
