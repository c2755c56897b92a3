import { DEFAULT_PARAMETERS, encodeParameters, PARAMETERS, parseParameters } from "@flock/parameters";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedJson } from "../generators/json.js";
import { mustHold, taken } from "../outcome.js";

export const parameterDocuments = fuzzTarget({
  name: "parameters",
  about: "documents of governed parameters",
  open: () => ({
    inputs: mutatedJson([
      JSON.parse(encodeParameters(DEFAULT_PARAMETERS)),
      { version: 7, values: { workerShareBps: 9_000 } },
    ]),
    probe: (bytes) => {
      const read = taken(() => parseParameters(bytes.toString()));
      if (read === undefined) return false;
      const names = Object.keys(read.value.values);
      mustHold(names.length === Object.keys(PARAMETERS).length, "a parameter too many, or too few");
      const again = parseParameters(encodeParameters(read.value));
      mustHold(encodeParameters(again) === encodeParameters(read.value), "not read as it was written");
      return true;
    },
  }),
});
