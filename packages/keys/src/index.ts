export {
  generateIdentity,
  type Identity,
  identityFromSecretKey,
  isIdentityId,
  verifySignature,
} from "./ed25519.js";
export { loadOrCreateIdentity } from "./key-file.js";
