import type { MarkedToken, Token, Tokens } from "marked";
import type { ReactNode } from "react";
import { withoutEntities } from "./entities.js";
import styles from "./markdown.module.css";
import { safeLink } from "./safe-link.js";
import { visibleText } from "./visible-text.js";

/** Deeper than this nothing is drawn as it is meant, but as it is written. */
export const DEPTH_MAX = 40;

/** What stands within a line. Every leaf is a text node; nothing is parsed by the browser. */
export function Inline({
  tokens,
  depth = 0,
}: {
  readonly tokens: readonly Token[] | undefined;
  readonly depth?: number;
}): ReactNode {
  return (tokens ?? []).map((token, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: text grows at its end alone
    <One key={index} token={token} depth={depth + 1} />
  ));
}

function One({ token, depth }: { readonly token: Token; readonly depth: number }): ReactNode {
  // CAST: the lexer's own union has a member for whatever a plugin adds, and cannot be told apart by `type` for it.
  const known = token as MarkedToken;
  if (depth > DEPTH_MAX) return visibleText(known.raw);
  switch (known.type) {
    case "strong":
      return (
        <strong>
          <Inline tokens={known.tokens} depth={depth} />
        </strong>
      );
    case "em":
      return (
        <em>
          <Inline tokens={known.tokens} depth={depth} />
        </em>
      );
    case "del":
      return (
        <del>
          <Inline tokens={known.tokens} depth={depth} />
        </del>
      );
    case "codespan":
      return <code>{visibleText(known.text)}</code>;
    case "br":
      return <br />;
    case "link":
      return <LinkOf token={known} depth={depth} />;
    // Whoever serves a picture learns when it is looked at, and its address can carry what was asked.
    case "image":
      return <span className={styles["image"]}>{`[image: ${visibleText(known.text)}]`}</span>;
    case "text":
      return "tokens" in known && known.tokens !== undefined ? (
        <Inline tokens={known.tokens} depth={depth} />
      ) : (
        visibleText(withoutEntities(known.text))
      );
    case "escape":
      return visibleText(known.text);
    default:
      return visibleText(token.raw);
  }
}

/** The host stands beside the words, which may name another one. */
function LinkOf({ token, depth }: { readonly token: Tokens.Link; readonly depth: number }): ReactNode {
  const link = safeLink(withoutEntities(token.href));
  if (link === null) return visibleText(token.raw);
  const saysWhere = token.text.toLowerCase().startsWith(link.href.toLowerCase().replace(/\/$/, ""));
  return (
    <a href={link.href} target="_blank" rel="noopener noreferrer nofollow">
      <Inline tokens={token.tokens} depth={depth} />
      {saysWhere ? null : <span className={styles["place"]}> ({visibleText(link.place)})</span>}
    </a>
  );
}
