/*
 * Stands in for the npm package of this name, which spl-token reads and writes token amounts with. That one has a native
 * part that can be made to read past its buffer (GHSA-3gc7-fjrx-p6mg) and aborts the process on a wrong argument, prints
 * a line to the console where it is not compiled, and cuts numbers off that do not fit. As a workspace of the same name
 * and version it is what npm installs.
 */

/** @param {Uint8Array} bytes big-endian @returns {bigint} */
exports.toBigIntBE = (bytes) => (bytes.length === 0 ? 0n : BigInt(`0x${Buffer.from(bytes).toString("hex")}`));

/** @param {Uint8Array} bytes little-endian @returns {bigint} */
exports.toBigIntLE = (bytes) => exports.toBigIntBE(Buffer.from(bytes).reverse());

/**
 * @param {bigint} value
 * @param {number} width bytes of the result, big-endian
 * @returns {Buffer}
 * @throws RangeError for a value that is negative or does not fit.
 */
exports.toBufferBE = (value, width) => {
  if (value < 0n || value >> BigInt(8 * width) !== 0n)
    throw new RangeError(`${value} does not fit ${width} bytes`);
  return width === 0 ? Buffer.alloc(0) : Buffer.from(value.toString(16).padStart(2 * width, "0"), "hex");
};

/** As {@link exports.toBufferBE}, little-endian. @param {bigint} value @param {number} width @returns {Buffer} */
exports.toBufferLE = (value, width) => exports.toBufferBE(value, width).reverse();
