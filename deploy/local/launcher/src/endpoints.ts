/** Addresses that are known only when a part has become ready; what depends on the part reads them then. */
export interface Endpoints {
  databaseUrl: string;
  natsUrl: string;
  /** What services and tools show to NATS; absent where it has no accounts: an own one (`NATS_URL`). */
  natsCredentialsFile?: string;
  ollamaUrl: string;
  /** Absent as long as, and where, no chain runs. */
  chain?: ChainEndpoints;
}

/** The local chain, for wallets and tools. */
export interface ChainEndpoints {
  readonly solanaRpcUrl: string;
  readonly solanaGenesisHash: string;
  /** Address of the LLAMA mint. */
  readonly mint: string;
  readonly treasuryAddress: string;
  /** Key file of a wallet with LLAMA and SOL. */
  readonly demoWalletFile: string;
}
