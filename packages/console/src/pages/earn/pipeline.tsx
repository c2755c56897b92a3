import { type Band, Bands } from "../../charts/bands.js";
import { formatAmount, microOf } from "../../format/amount.js";
import { formatUtc } from "../../format/time.js";
import { LinkButton } from "../../ui/button.js";
import styles from "./earn.module.css";
import type { Earnings } from "./earnings.js";

/** What has become of everything that was ever earned. */
export function Pipeline({ earnings: { totals, vesting } }: { readonly earnings: Earnings }) {
  const last = vesting.findLast(({ vests_at: at }) => at !== null)?.vests_at ?? null;
  const until = last === null ? "" : `, the last of it until ${formatUtc(Date.parse(last))}`;
  const loss = microOf(totals.clawed_back_micro);
  const bands = [
    bandOf("Earned, ever", totals.earned_micro),
    bandOf(`Vesting${until}`, totals.vesting_micro),
    bandOf("Vested, not collected", totals.vested_micro),
    bandOf("Collected into the wallet", totals.collected_micro),
    bandOf("Paid out on chain", totals.paid_micro),
    ...(loss === 0n ? [] : [{ ...bandOf("Clawed back", totals.clawed_back_micro), isLoss: true }]),
  ];
  const emission = microOf(totals.emission_micro);
  return (
    <>
      <Bands label="What was earned, and what has become of it" bands={bands} />
      <p className={styles["note"]}>
        What was earned is clawed back, vesting, vested, collected or paid: the five add up to it.
        {emission === null || emission === 0n ? "" : ` ${formatAmount(emission)} of it is emission.`}
      </p>
      <LinkButton to="/usage">Collect and withdraw, on Usage</LinkButton>
    </>
  );
}

function bandOf(name: string, text: string): Band {
  const micro = microOf(text);
  return { name, value: Number(micro ?? 0n), text: micro === null ? "not known" : formatAmount(micro) };
}
