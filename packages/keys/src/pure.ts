/* What a browser can load, too: no module of Node, and none of its globals. */
export { isIdentityId } from "./identity-id.js";
export { faultOfWalletAddress } from "./wallet-address.js";
export { checkSignature, type SignatureCheck } from "./web-signature.js";
