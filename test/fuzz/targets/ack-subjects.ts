import { parseAckSubject } from "@flock/proto";
import { readAckSubject } from "../../../services/router/src/domain/ack-subject.js";
import { fuzzTarget } from "../fuzz-target.js";
import { mutatedText } from "../generators/text.js";
import { mustHold } from "../outcome.js";

const SEEDS = [
  "$JS.ACK.JOBS.m_ab12.1.5.5.1700000000000000000.0",
  "$JS.ACK._.ACHASH.JOBS.m_ab12.1.5.5.1700000000000000000.0",
  "$JS.ACK.hub.ACHASH.JOBS.m_ab12_bridged.1.9007199254740991.5.1700000000000000000.0.x",
  "$JS.ACK.EVENTS.ledger-settler.1.5.5.1700000000000000000.0",
];

export const ackSubjects = fuzzTarget({
  name: "ack-subjects",
  about: "subjects that workers hand in with their claims, and that the router publishes to",
  open: () => ({
    inputs: mutatedText(SEEDS),
    probe: (subject) => {
      parseAckSubject(subject);
      const named = readAckSubject(subject);
      if (named === undefined) return false;
      mustHold(/^\$JS\.ACK(\.[A-Za-z0-9_-]+)+$/.test(subject), "nothing can be published there");
      mustHold(Number.isSafeInteger(named.sequence) && named.sequence > 0, "a sequence that is none");
      return true;
    },
  }),
});
