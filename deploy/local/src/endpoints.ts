/** Addresses that are known only when a part has become ready; what depends on the part reads them then. */
export interface Endpoints {
  databaseUrl: string;
  natsUrl: string;
  ollamaUrl: string;
}
