import { AEAD_AES_128_GCM, CipherSuite, KDF_HKDF_SHA256, KEM_DHKEM_X25519_HKDF_SHA256 } from "hpke";
import { hpkeSuite, pairOfBytes } from "./suite.js";

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, "hex"));
const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");

/** RFC 9180, appendix A.1.1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-128-GCM, base mode. */
const RFC = {
  info: bytes("4f6465206f6e2061204772656369616e2055726e"),
  ephemeral: pairOfBytes(
    bytes("52c4a758a802cd8b936eceea314432798d5baf2d7e9235dc084ab1b9cfa2f736"),
    bytes("37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"),
  ),
  recipient: pairOfBytes(
    bytes("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8"),
    bytes("3948cfe0ad1ddb695d780e59077195da6c56506b027329794ab02bca80815c4d"),
  ),
  encapsulated: "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431",
  plain: bytes("4265617574792069732074727574682c20747275746820626561757479"),
  sealed: [
    [
      "436f756e742d30",
      "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a",
    ],
    [
      "436f756e742d31",
      "af2d7e9ac9ae7e270f46ba1f975be53c09f8d875bdc8535458c2494e8a6eab251c03d0c22a56b8ca42c2063b84",
    ],
  ],
  exported: [
    ["", "3853fe2b4035195a573ffc53856e77058e15d9ea064de3e59f4961d0095250ee"],
    ["00", "2e8f0b54673c7029649d4eb9d5e33bf1872cf76d623ff164ac185da9e88c21a5"],
    ["54657374436f6e74657874", "e9e43065102c3836401bed8c3c3c75ae46be1639869391d62c61f1ec7af54931"],
  ],
} as const;

describe("the suite", () => {
  it("seals, opens and exports as RFC 9180 says", async () => {
    const { info, ephemeral, recipient, encapsulated, plain, sealed, exported } = RFC;
    const suite = hpkeSuite(() => ephemeral);
    const sender = await suite.SetupSender(recipient.publicKey, { info });
    expect(hex(sender.encapsulatedSecret)).toBe(encapsulated);
    const receiver = await suite.SetupRecipient(recipient, bytes(encapsulated), { info });
    for (const [aad, expected] of sealed) {
      expect(hex(await sender.ctx.Seal(plain, bytes(aad)))).toBe(expected);
      expect(hex(await receiver.Open(bytes(expected), bytes(aad)))).toBe(hex(plain));
    }
    for (const [context, expected] of exported) {
      expect(hex(await sender.ctx.Export(bytes(context), 32))).toBe(expected);
      expect(hex(await receiver.Export(bytes(context), 32))).toBe(expected);
    }
  });

  it("understands what the library seals with its own primitives, and is understood by it", async () => {
    const theirs = new CipherSuite(KEM_DHKEM_X25519_HKDF_SHA256, KDF_HKDF_SHA256, AEAD_AES_128_GCM);
    const ours = hpkeSuite();
    const info = bytes("01");
    const plain = bytes("0203");
    const ourPair = await ours.GenerateKeyPair();
    const theirKey = await theirs.DeserializePublicKey(ourPair.publicKey.bytes);
    const toUs = await theirs.Seal(theirKey, plain, { info });
    expect(hex(await ours.Open(ourPair, toUs.encapsulatedSecret, toUs.ciphertext, { info }))).toBe("0203");
    const theirPair = await theirs.GenerateKeyPair();
    const ourKey = await ours.DeserializePublicKey(await theirs.SerializePublicKey(theirPair.publicKey));
    const toThem = await ours.Seal(ourKey, plain, { info });
    expect(hex(await theirs.Open(theirPair, toThem.encapsulatedSecret, toThem.ciphertext, { info }))).toBe(
      "0203",
    );
  });
});
