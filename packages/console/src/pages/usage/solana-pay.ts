/**
 * The request of Solana Pay for this amount: the api's own, which has recipient, mint, reference and memo, and the
 * amount in LLAMA. `null` if it is no such address: nothing else may become a picture that people pay by.
 */
export function payUrl(url: string, amount: string): string | null {
  if (!/^solana:[1-9A-HJ-NP-Za-km-z]{32,44}\?/.test(url)) return null;
  const [head = "", query = ""] = url.split("?", 2);
  const parameters = query.split("&").filter((each) => each !== "" && !each.startsWith("amount="));
  return `${head}?${[...(amount === "" ? [] : [`amount=${amount}`]), ...parameters].join("&")}`;
}
