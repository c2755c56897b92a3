import { fromBinary, isFieldSet } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  type EnumDescriptorProto,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  type MethodDescriptorProto,
  type ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";
import { DESCRIBED_FILES } from "./gen/descriptors.js";
import { PUBLIC_FOLDER } from "./public-files.js";

const HEAD = `# The contract of gRPC

Every service, call, message and field that clients can use over gRPC. [grpc.md](grpc.md) says how to call them: address, key,
statuses, limits. All of it is in the package \`flock.public.v1\`.

\`npm run documents\` makes this file from [\`${PUBLIC_FOLDER}\`](../proto/${PUBLIC_FOLDER}); a test keeps it current.
`;

/* By which numbers descriptor.proto says where in a file a comment stands. */
const OF_FILE = { message: 4, enum: 5, service: 6 };
const OF_MESSAGE = { field: 2, message: 3, enum: 4, oneof: 8 };
const OF_ENUM = { value: 2 };
const OF_SERVICE = { method: 2 };

/** The comment of what stands at a path in a file. */
type Comments = (...path: readonly number[]) => string;

/** The text of docs/proto.md. */
export function contractMarkdown(): string {
  const files = Object.entries(DESCRIBED_FILES)
    .filter(([name]) => name.startsWith(`${PUBLIC_FOLDER}/`))
    .map(([, { base64 }]) => fromBinary(FileDescriptorProtoSchema, Buffer.from(base64, "base64")));
  return [HEAD, services(files), ...files.map(fileSection)].join("\n");
}

function services(files: readonly FileDescriptorProto[]): string {
  const rows = files.flatMap((file) =>
    file.service.map(({ name, method }) => [
      `[\`${name}\`](#service-${name.toLowerCase()})`,
      method.map((each) => `\`${each.name}\``).join(", "),
    ]),
  );
  return table(["service", "calls"], rows);
}

function fileSection(file: FileDescriptorProto): string {
  const comments = commentsOf(file);
  const path = file.name.slice(PUBLIC_FOLDER.length + 1);
  return [
    `## ${path}\n`,
    ...file.service.map((service, index) =>
      serviceSection(service, comments, [OF_FILE.service, index], file),
    ),
    ...file.messageType.flatMap((message, index) =>
      messageSections(message, comments, [OF_FILE.message, index], ""),
    ),
    ...file.enumType.map((type, index) => enumSection(type, comments, [OF_FILE.enum, index], "")),
  ].join("\n");
}

function serviceSection(
  service: ServiceDescriptorProto,
  comments: Comments,
  path: readonly number[],
  file: FileDescriptorProto,
): string {
  return [
    `### Service ${service.name}\n`,
    `${comments(...path)}\n`,
    `Full name: \`${file.package}.${service.name}\`.\n`,
    table(
      ["call", "takes", "answers with", ""],
      service.method.map((method, index) => [
        `\`${method.name}\``,
        ...methodTypes(method),
        cell(comments(...path, OF_SERVICE.method, index)),
      ]),
    ),
  ].join("\n");
}

function methodTypes(method: MethodDescriptorProto): string[] {
  const stream = (isStream: boolean, type: string) => `${isStream ? "stream of " : ""}${linked(type)}`;
  return [
    stream(method.clientStreaming, method.inputType),
    stream(method.serverStreaming, method.outputType),
  ];
}

/** A message, then those that are declared in it. */
function messageSections(
  message: DescriptorProto,
  comments: Comments,
  path: readonly number[],
  prefix: string,
): string[] {
  const name = `${prefix}${message.name}`;
  const choices = message.oneofDecl.map((choice, index) => ({
    name: choice.name,
    comment: comments(...path, OF_MESSAGE.oneof, index),
  }));
  const rows = message.field.map((field, index) => [
    String(field.number),
    `\`${field.name}\``,
    fieldType(field),
    cell([comments(...path, OF_MESSAGE.field, index), ...choiceOf(field, choices)].join(" ")),
  ]);
  return [
    `### ${name}\n\n${comments(...path)}\n`,
    ...(rows.length === 0 ? ["It has no fields.\n"] : [table(["number", "field", "type", ""], rows)]),
    ...message.nestedType.flatMap((nested, index) =>
      messageSections(nested, comments, [...path, OF_MESSAGE.message, index], `${name}.`),
    ),
    ...message.enumType.map((type, index) =>
      enumSection(type, comments, [...path, OF_MESSAGE.enum, index], `${name}.`),
    ),
  ];
}

/** What is said at the alternatives of a oneof: that they are some. */
function choiceOf(
  field: FieldDescriptorProto,
  choices: readonly { readonly name: string; readonly comment: string }[],
): string[] {
  // A field that is `optional` is in a oneof of its own, which nobody has written.
  if (!isFieldSet(field, FieldDescriptorProtoSchema.field.oneofIndex) || field.proto3Optional) return [];
  const { name = "", comment = "" } = choices[field.oneofIndex] ?? {};
  return [`(One of \`${name}\`. ${comment})`.replace(". )", ")")];
}

function enumSection(
  type: EnumDescriptorProto,
  comments: Comments,
  path: readonly number[],
  prefix: string,
): string {
  return [
    `### ${prefix}${type.name}\n\n${comments(...path)}\n`,
    table(
      ["number", "value", ""],
      type.value.map((value, index) => [
        String(value.number),
        `\`${value.name}\``,
        cell(comments(...path, OF_ENUM.value, index)),
      ]),
    ),
  ].join("\n");
}

function fieldType(field: FieldDescriptorProto): string {
  const type =
    field.typeName === ""
      ? `\`${FieldDescriptorProto_Type[field.type].toLowerCase()}\``
      : linked(field.typeName);
  if (field.label === FieldDescriptorProto_Label.REPEATED) return `repeated ${type}`;
  return field.proto3Optional ? `optional ${type}` : type;
}

/** A type by its full name: of ours a link, of others the name. */
function linked(typeName: string): string {
  const own = ".flock.public.v1.";
  if (!typeName.startsWith(own)) return `\`${typeName.slice(1)}\``;
  const name = typeName.slice(own.length);
  return `[\`${name}\`](#${name.replaceAll(".", "").toLowerCase()})`;
}

function commentsOf(file: FileDescriptorProto): Comments {
  const found = new Map(
    file.sourceCodeInfo?.location.map(({ path, leadingComments }) => [
      path.join("."),
      leadingComments.replaceAll(/^ /gm, "").trim(),
    ]),
  );
  return (...path) => found.get(path.join(".")) ?? "";
}

/** What has several lines or paragraphs, on the one line that a row has. */
function cell(text: string): string {
  return text
    .replaceAll(/\s*\n\s*/g, " ")
    .replaceAll("|", "\\|")
    .trim();
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => "---"), ...rows];
  return lines.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}
