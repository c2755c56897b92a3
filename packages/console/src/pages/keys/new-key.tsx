import type { NewApiKey } from "@flockollamas/sdk";
import { useState } from "react";
import { useOpenAsked } from "../../data/asked.js";
import { Copyable } from "../../ui/copyable.js";
import { Tabs } from "../../ui/tabs.js";
import styles from "./keys.module.css";
import { snippetsOf } from "./snippets.js";

/** The key, this once, and the line that each kind of program takes it by. */
export function NewKey({ made }: { readonly made: NewApiKey }) {
  const [client, setClient] = useState("curl");
  const models = useOpenAsked(["models"], (flock, signal) => flock.models.list({ signal }));
  const usable = models.data?.models.find(
    ({ name, isAvailable }) => isAvailable && (made.models === null || made.models.includes(name)),
  );
  const model = usable?.name ?? made.models?.[0] ?? "flock-tiny";
  return (
    <>
      <p>
        Store the key of <b>{made.label}</b> now: <strong>it is never shown again.</strong> Whoever has it can
        spend your LLAMA.
      </p>
      <Copyable text={made.apiKey} what="the key" look="block" />
      <Tabs
        label="How programs take it"
        value={client}
        onChange={setClient}
        tabs={snippetsOf(location.origin, made.apiKey, model).map(({ id, title, note, code }) => ({
          id,
          title,
          content: (
            <div className={styles["snippet"]}>
              <p>{note}</p>
              <Copyable text={code} what={`the lines for ${title}`} look="block" />
            </div>
          ),
        }))}
      />
    </>
  );
}
