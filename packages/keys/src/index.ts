export {
  generateIdentity,
  type Identity,
  identityFromSecretKey,
  identityFromSeed,
  type Signer,
  verifySignature,
} from "./ed25519.js";
export { isIdentityId } from "./identity-id.js";
export { createIdentity, loadIdentity, loadOrCreateIdentity } from "./key-file.js";
export { isSignedByMesh, type MeshSigner, meshSignerOf } from "./mesh-signature.js";
export { freshUserSeed, type NatsKey, natsKeyOf } from "./nats-key.js";
export { endsOf, faultOfWalletAddress, isSlipOf } from "./wallet-address.js";
