import { Combobox } from "@base-ui/react/combobox";
import { formatAmount } from "../../../format/amount.js";
import { counted, formatCount } from "../../../format/count.js";
import { formatDurationRange } from "../../../format/duration.js";
import { Icon } from "../../../identity/icon.js";
import { Button } from "../../../ui/button.js";
import { type ChatModel, groupedModels, pricesOf } from "../answering/model-list.js";
import { pinnedModels } from "../conversation/settings.js";
import { visibleText } from "../markdown/visible-text.js";
import styles from "./model-picker.module.css";

type Group = ReturnType<typeof groupedModels>[number];

/** Which model answers: search, pinned ones first, then warm ones by price. What cannot be used now is last. */
export function ModelPicker({
  models,
  model,
  onChange,
}: {
  readonly models: readonly ChatModel[];
  /** Its name; `null`: none can be chosen. */
  readonly model: string | null;
  readonly onChange: (name: string) => void;
}) {
  const pinned = pinnedModels.use();
  const groups = groupedModels(models, pinned);
  const chosen = models.find(({ name }) => name === model) ?? null;
  return (
    <div className={styles["picker"]}>
      <Combobox.Root<ChatModel>
        items={groups}
        value={chosen}
        onValueChange={(next) => {
          if (next !== null) onChange(next.name);
        }}
        itemToStringLabel={({ name }) => name}
        isItemEqualToValue={(a, b) => a.name === b.name}
        autoHighlight
      >
        <Combobox.Trigger className={styles["trigger"]} aria-label={`Model: ${model ?? "none"}`}>
          <span className={styles["chosen"]}>{model === null ? "No model" : visibleText(model)}</span>
          <Icon name="chevron" />
        </Combobox.Trigger>
        <Combobox.Portal>
          <Combobox.Positioner className={styles["positioner"]} align="start" side="top" sideOffset={6}>
            <Combobox.Popup className={styles["popup"]} aria-label="Choose a model">
              <Combobox.Input
                className={styles["search"]}
                placeholder="Search models"
                aria-label="Search models"
              />
              <Combobox.Empty className={styles["empty"]}>
                {models.length === 0 ? "No worker serves a model now." : "No model has this name."}
              </Combobox.Empty>
              <Combobox.List className={styles["list"]}>
                {(group: Group) => (
                  <Combobox.Group key={group.value} items={group.items} className={styles["group"]}>
                    <Combobox.GroupLabel className={styles["label"]}>{group.value}</Combobox.GroupLabel>
                    <Combobox.Collection>
                      {(item: ChatModel) => <Row key={item.name} model={item} />}
                    </Combobox.Collection>
                  </Combobox.Group>
                )}
              </Combobox.List>
              {model === null ? null : <PinButton model={model} pinned={pinned} />}
            </Combobox.Popup>
          </Combobox.Positioner>
        </Combobox.Portal>
      </Combobox.Root>
    </div>
  );
}

function Row({ model }: { readonly model: ChatModel }) {
  return (
    <Combobox.Item value={model} className={styles["item"]} disabled={!model.is_available}>
      <span className={styles["name"]}>
        {visibleText(model.name)}
        <Combobox.ItemIndicator>
          <Icon name="check" />
        </Combobox.ItemIndicator>
      </span>
      <span className={styles["figures"]}>{figuresOf(model).join(" · ")}</span>
    </Combobox.Item>
  );
}

const PER = 1_000n;

/** `0.001 in, 0.003 LLAMA out per 1,000 tokens · 41 tokens/s · 3 warm · wait 1–4 s` */
function figuresOf(model: ChatModel): readonly string[] {
  const prices = pricesOf(model);
  const { tokens_per_second: speed, workers, wait_ms: wait } = model;
  return [
    prices === null
      ? "price not known"
      : `${formatAmount(prices.promptMicro * PER)} in, ${formatAmount(prices.completionMicro * PER)} out per 1,000 tokens`,
    speed == null ? "speed not known" : `${formatCount(speed.p50)} tokens/s`,
    ...(workers == null ? [] : [`${formatCount(workers.warm)} of ${counted(workers.all, "worker")} warm`]),
    ...(wait == null ? [] : [`wait ${formatDurationRange(wait.p50, wait.p90)}`]),
  ];
}

function PinButton({ model, pinned }: { readonly model: string; readonly pinned: readonly string[] }) {
  const isPinned = pinned.includes(model);
  return (
    <Button
      look="quiet"
      aria-pressed={isPinned}
      onClick={() =>
        pinnedModels.set(isPinned ? pinned.filter((each) => each !== model) : [...pinned, model])
      }
    >
      {isPinned ? "Pinned: " : "Pin "}
      {visibleText(model)}
    </Button>
  );
}
