import { serviceMethod } from "@flock/mesh";
import {
  CreateKeyReply,
  CreateKeyRequest,
  ListKeysReply,
  ListKeysRequest,
  RevokeKeyReply,
  RevokeKeyRequest,
} from "@flock/proto";

/** What the api answers to operators (proto/flock/keys/v1/keys.proto). */
export const API_KEY_METHODS = {
  create: serviceMethod("api", "create-key", CreateKeyRequest, CreateKeyReply),
  revoke: serviceMethod("api", "revoke-key", RevokeKeyRequest, RevokeKeyReply),
  list: serviceMethod("api", "list-keys", ListKeysRequest, ListKeysReply),
} as const;
