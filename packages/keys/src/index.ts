export {
  generateIdentity,
  type Identity,
  identityFromSecretKey,
  identityFromSeed,
  isIdentityId,
  verifySignature,
} from "./ed25519.js";
export { createIdentity, loadIdentity, loadOrCreateIdentity } from "./key-file.js";
export { endsOf, faultOfWalletAddress, isSlipOf } from "./wallet-address.js";
