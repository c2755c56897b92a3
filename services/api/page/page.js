/*
 * Draws /openapi.json. All text of it becomes text of the page, never markup. Schemas are drawn when they are opened:
 * they can contain themselves.
 */
const METHODS = ["get", "head", "post", "put", "patch", "delete"];

const byId = (id) => document.getElementById(id);

/** An element with attributes and children: nodes, or texts. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children.filter((child) => child !== undefined && child !== ""));
  return element;
}

/** A text in which what stands between backticks is code. */
function prose(text = "") {
  return text.split("`").map((part, index) => (index % 2 === 1 ? el("code", {}, part) : part));
}

function paragraphs(text = "") {
  return text
    .split("\n\n")
    .filter(Boolean)
    .map((part) => el("p", {}, ...prose(part)));
}

class Reference {
  constructor(api) {
    this.api = api;
  }

  /** What a reference stands for, and the name by which it is known. */
  resolved(object) {
    if (object?.$ref === undefined) return { object };
    const path = object.$ref.slice(2).split("/");
    const found = path.reduce((at, key) => at[key.replaceAll("~1", "/").replaceAll("~0", "~")], this.api);
    return { object: found, name: path.at(-1) };
  }

  operations() {
    return Object.entries(this.api.paths).flatMap(([path, item]) =>
      METHODS.filter((method) => item[method] !== undefined).map((method) => ({
        path,
        method,
        operation: item[method],
      })),
    );
  }

  /** One word or a few for what a value of the schema is. */
  typeOf(given) {
    const { object: schema, name } = this.resolved(given);
    if (name !== undefined) return name;
    if (schema.const !== undefined) return JSON.stringify(schema.const);
    if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (alternatives !== undefined && schema.type === undefined)
      return [...new Set(alternatives.map((each) => this.typeOf(each)))].join(" | ");
    if (schema.type === "array") return `list of ${this.typeOf(schema.items ?? {})}`;
    if (Array.isArray(schema.type)) return schema.type.join(" | ");
    return schema.format ?? schema.contentEncoding ?? schema.type ?? "anything";
  }

  boundsOf(given) {
    const { object: schema } = this.resolved(given);
    const bounds = [
      ["minimum", "at least"],
      ["exclusiveMinimum", "more than"],
      ["maximum", "at most"],
      ["maxLength", "at most", "characters"],
      ["minItems", "at least", "entries"],
      ["maxItems", "at most", "entries"],
    ].flatMap(([key, words, unit = ""]) =>
      schema[key] === undefined ? [] : [`${words} ${schema[key]} ${unit}`.trimEnd()],
    );
    if (schema.default !== undefined) bounds.push(`default ${JSON.stringify(schema.default)}`);
    return bounds.join(", ");
  }

  /** What there is to see inside of a value; undefined if there is nothing. */
  inside(given) {
    const { object: schema } = this.resolved(given);
    if (schema.properties !== undefined) return () => [this.members(schema)];
    if (schema.items !== undefined) return this.inside(schema.items);
    const alternatives = (schema.anyOf ?? schema.oneOf ?? []).filter(
      (each) => this.inside(each) !== undefined,
    );
    if (alternatives.length === 0) return undefined;
    if (alternatives.length === 1) return this.inside(alternatives[0]);
    return () => alternatives.map((each) => this.folded(this.labelOf(each), this.inside(each)));
  }

  labelOf(given) {
    const { object: schema, name } = this.resolved(given);
    const kind = schema.properties?.type;
    return name ?? kind?.const ?? kind?.enum?.join(" | ") ?? this.typeOf(schema);
  }

  /** Drawn when it is opened. */
  folded(label, inside) {
    const details = el("details", {}, el("summary", {}, el("code", {}, label)));
    details.addEventListener("toggle", () => details.append(...inside()), { once: true });
    return details;
  }

  members(schema) {
    const required = new Set(schema.required ?? []);
    return el(
      "dl",
      {},
      ...Object.entries(schema.properties).map(([name, member]) =>
        this.member(name, member, required.has(name)),
      ),
    );
  }

  member(name, schema, isRequired) {
    const { object } = this.resolved(schema);
    const inside = this.inside(schema);
    const bounds = this.boundsOf(schema);
    return el(
      "div",
      {},
      el(
        "dt",
        {},
        el("code", {}, name),
        el("span", { class: "type" }, this.typeOf(schema), bounds && ` (${bounds})`),
        isRequired ? el("span", { class: "must" }, "required") : "",
      ),
      el(
        "dd",
        {},
        ...prose(schema.description ?? object.description),
        inside ? this.folded("members", inside) : "",
      ),
    );
  }

  parameters(operation) {
    const all = (operation.parameters ?? []).map((each) => this.resolved(each).object);
    return ["path", "query", "header"].flatMap((place) => {
      const own = all.filter((each) => each.in === place);
      if (own.length === 0) return [];
      const rows = own.map((each) =>
        this.member(each.name, { ...each.schema, description: each.description }, each.required),
      );
      return [
        el("h4", {}, { path: "In the path", query: "Query", header: "Headers" }[place]),
        el("dl", {}, ...rows),
      ];
    });
  }

  body({ requestBody }) {
    if (requestBody === undefined) return [];
    const { schema, examples } = requestBody.content["application/json"];
    const example = JSON.stringify(examples?.typical?.value, null, 2);
    return [
      el("h4", {}, requestBody.required ? "Body" : "Body (may be left out)"),
      el("pre", { tabindex: "0" }, el("code", {}, example)),
      this.folded(this.labelOf(schema), this.inside(schema) ?? (() => [])),
    ];
  }

  answers({ responses }) {
    const rows = Object.entries(responses).map(([status, response]) => {
      const { object } = this.resolved(response);
      const inside = () => [
        ...Object.entries(object.content ?? {}).map(([media, { schema }]) => {
          const label = `${media}: ${this.typeOf(schema ?? {})}`;
          const within = this.inside(schema ?? {});
          return within === undefined ? el("p", {}, el("code", {}, label)) : this.folded(label, within);
        }),
        this.headers(object.headers ?? {}),
      ];
      const details = this.folded(status, inside);
      details.firstChild.append(" ", ...prose(object.description));
      return details;
    });
    return [el("h4", {}, "Answers"), ...rows];
  }

  headers(headers) {
    const rows = Object.entries(headers).map(([name, header]) => {
      const { object } = this.resolved(header);
      return this.member(name, { ...object.schema, description: object.description }, false);
    });
    if (rows.length === 0) return "";
    const list = () => [el("dl", {}, ...rows)];
    return this.folded("headers", list);
  }

  access({ security }) {
    if (security.length === 0) return "Without a key.";
    const names = { key: "an API key", keyHeader: "an API key as `x-api-key`", session: "a session" };
    return `With ${security.map((each) => names[Object.keys(each)[0]]).join(" or ")}.`;
  }

  route({ path, method, operation }) {
    const id = operation.operationId;
    return el(
      "article",
      {
        id,
        "data-words": `${method} ${path} ${operation.summary} ${operation.description ?? ""}`.toLowerCase(),
      },
      el(
        "h3",
        {},
        el("span", { class: `method ${method}` }, method.toUpperCase()),
        el("a", { href: `#${id}` }, el("code", {}, path)),
      ),
      el("p", {}, operation.summary, "."),
      ...paragraphs(operation.description),
      el("p", { class: "soft" }, ...prose(this.access(operation))),
      ...this.parameters(operation),
      ...this.body(operation),
      ...this.answers(operation),
    );
  }
}

function draw(api) {
  const reference = new Reference(api);
  byId("version").textContent = api.info.version;
  byId("intro").append(...paragraphs(api.info.description));
  // The heads of routes are those routes, without their bodies.
  const all = reference.operations().filter(({ method }) => method !== "head");
  for (const { name, "x-displayName": title, description } of api.tags) {
    const own = all.filter(({ operation }) => operation.tags[0] === name);
    if (own.length === 0) continue;
    const section = el("section", {}, el("h2", { id: `tag-${name}` }, title), ...paragraphs(description));
    section.append(...own.map((each) => reference.route(each)));
    byId("routes").append(section);
    const links = own.map(({ path, method, operation }) => {
      const badge = el("span", { class: `method ${method}` }, method.toUpperCase());
      const link = el("a", { href: `#${operation.operationId}` }, badge, el("code", {}, path));
      return el("li", { "data-of": operation.operationId }, link);
    });
    byId("nav").append(el("section", {}, el("h2", {}, title), el("ul", {}, ...links)));
  }
  drawProtos(api);
}

function drawProtos(api) {
  const path = Object.keys(api.paths).find((each) => each.startsWith("/proto/"));
  const files = api.paths[path].get.parameters.find(({ name }) => name === "file").schema.enum;
  const links = files.map((file) => el("a", { href: path.replace("{file}", file) }, file));
  byId("protos").append(...links.flatMap((link, index) => (index === 0 ? [link] : [", ", link])));
}

function search() {
  const words = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const article of document.querySelectorAll("article")) {
    article.hidden = !words.every((word) => article.dataset.words.includes(word));
    if (!article.hidden) shown += 1;
    const entry = document.querySelector(`li[data-of="${article.id}"]`);
    entry.hidden = article.hidden;
  }
  for (const section of document.querySelectorAll("section"))
    section.hidden = section.querySelector("article:not([hidden]), li:not([hidden])") === null;
  // What was found is to be seen at once, wherever the page stood.
  byId("about").hidden = words.length > 0;
  scrollTo(0, 0);
  byId("state").textContent = words.length === 0 ? "" : `${shown || "No"} ${shown < 2 ? "route" : "routes"}`;
}

/** Marks the route that the address names, and goes there: it was not there when the page was loaded. */
function follow() {
  for (const link of document.querySelectorAll("nav a[aria-current]")) link.removeAttribute("aria-current");
  const target = byId(decodeURIComponent(location.hash.slice(1)));
  if (target === null) return;
  if (target.hidden) {
    byId("search").value = "";
    search();
  }
  const link = document.querySelector(`li[data-of="${CSS.escape(target.id)}"] a`);
  link?.setAttribute("aria-current", "true");
  link?.scrollIntoView({ block: "nearest" });
  target.scrollIntoView();
}

/** Beside the routes their list is always there; where there is no room beside them it is opened and closed. */
const narrow = matchMedia("(max-width: 52rem)");

function showList() {
  byId("list").open = !narrow.matches;
}

narrow.addEventListener("change", showList);
byId("nav").addEventListener("click", (event) => {
  if (event.target.closest("a") !== null) showList();
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !narrow.matches || !byId("list").open) return;
  showList();
  byId("list").firstElementChild.focus();
});
addEventListener("hashchange", follow);
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  byId("search").focus();
});
byId("search").addEventListener("input", search);

showList();
try {
  const response = await fetch("/openapi.json");
  if (!response.ok) throw new Error(`status ${response.status}`);
  draw(await response.json());
  byId("state").textContent = "";
  follow();
} catch (error) {
  byId("state").textContent =
    `The description could not be read (${error.message}). Reload the page to try again.`;
}
