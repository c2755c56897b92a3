import type { MarkedToken, Token, Tokens } from "marked";
import { type JSX, memo, type ReactNode, useMemo, useState } from "react";
import { GrowingMarkdown, lexWhole } from "./blocks.js";
import { CodeBlock } from "./code-block.js";
import { DEPTH_MAX, Inline } from "./inline.js";
import styles from "./markdown.module.css";
import { visibleText } from "./visible-text.js";

/** Below the page's heading and that of the turn. */
const HEADING_SHIFT = 2;

/** What a model wrote, as elements. It is taken for hostile: see the rules in `blocks.ts` and `inline.tsx`. */
export function Markdown({ text, isWhole }: { readonly text: string; readonly isWhole: boolean }) {
  const [growing] = useState(() => new GrowingMarkdown({ rests: true }));
  const blocks = useMemo(() => (isWhole ? lexWhole(text) : growing.blocks(text)), [growing, text, isWhole]);
  return (
    <div className={styles["markdown"]} dir="auto">
      {blocks.map((token, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: text grows at its end alone
        <Block key={index} token={token} isWhole={isWhole || index < blocks.length - 1} depth={0} />
      ))}
    </div>
  );
}

interface BlockProps {
  readonly token: Token;
  readonly isWhole: boolean;
  readonly depth: number;
}

/** Drawn once for each token; the lexer keeps those that are finished. */
const Block = memo(function Block({ token, isWhole, depth }: BlockProps): ReactNode {
  // CAST: as in `inline.tsx`.
  const known = token as MarkedToken;
  if (depth > DEPTH_MAX) return <Plain text={known.raw} />;
  switch (known.type) {
    case "space":
    case "def":
      return null;
    case "hr":
      return <hr />;
    case "heading":
      return <Heading level={known.depth + HEADING_SHIFT} tokens={known.tokens} />;
    case "paragraph":
      return (
        <p dir="auto">
          <Inline tokens={known.tokens} />
        </p>
      );
    case "text":
      return <Inline tokens={known.tokens ?? [known]} />;
    case "code":
      return <CodeBlock code={known.text} info={known.lang ?? ""} isWhole={isWhole} />;
    case "blockquote":
      return (
        <blockquote>
          <Blocks tokens={known.tokens} isWhole={isWhole} depth={depth} />
        </blockquote>
      );
    case "list":
      // CAST: the lexer types the items of a list loosely.
      return <List list={known as Tokens.List} isWhole={isWhole} depth={depth} />;
    case "table":
      // CAST: and the cells of a table.
      return <TableOf table={known as Tokens.Table} />;
    case "checkbox":
      return <input type="checkbox" checked={known.checked} disabled aria-label="Done" />;
    default:
      return <Plain text={known.raw} />;
  }
});

function Blocks({
  tokens,
  isWhole,
  depth,
}: Omit<BlockProps, "token"> & { readonly tokens: readonly Token[] | undefined }): ReactNode {
  return (tokens ?? []).map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: text grows at its end alone
    <Block key={index} token={token} isWhole={isWhole} depth={depth + 1} />
  ));
}

/** As it was written: HTML, and what is too much to be understood. */
function Plain({ text }: { readonly text: string }) {
  return (
    <p className={styles["plain"]} dir="auto">
      {visibleText(text.trimEnd())}
    </p>
  );
}

function Heading({
  level,
  tokens,
}: {
  readonly level: number;
  readonly tokens: readonly Token[] | undefined;
}) {
  // CAST: between 3 and 6.
  const Tag = `h${Math.min(level, 6)}` as keyof Pick<JSX.IntrinsicElements, "h3" | "h4" | "h5" | "h6">;
  return (
    <Tag dir="auto">
      <Inline tokens={tokens} />
    </Tag>
  );
}

function List({ list, isWhole, depth }: Omit<BlockProps, "token"> & { readonly list: Tokens.List }) {
  const items = list.items.map((item, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a list grows at its end alone
    <li key={index} className={item.task ? styles["task"] : undefined}>
      <Blocks tokens={item.tokens} isWhole={isWhole} depth={depth} />
    </li>
  ));
  return list.ordered ? <ol start={Number(list.start) || 1}>{items}</ol> : <ul>{items}</ul>;
}

function TableOf({ table }: { readonly table: Tokens.Table }) {
  return (
    <div className={styles["table"]} role="region" aria-label="Table" tabIndex={0}>
      <table>
        <thead>
          <tr>{table.header.map((cell, index) => cellOf(cell, index, "th"))}</tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a table grows at its end alone
            <tr key={index}>{row.map((cell, column) => cellOf(cell, column, "td"))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function cellOf({ tokens, align }: Tokens.TableCell, column: number, Tag: "th" | "td"): ReactNode {
  return (
    <Tag key={column} className={styles[align ?? "left"]} dir="auto">
      <Inline tokens={tokens} />
    </Tag>
  );
}
