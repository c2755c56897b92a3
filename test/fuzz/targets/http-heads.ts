import { fuzzTarget } from "../fuzz-target.js";
import { httpHeads } from "../generators/http-heads.js";
import { mustHold } from "../outcome.js";
import { apiInProcess } from "../rigs/api-in-process.js";
import { checkAnyError, checkStatus } from "../rigs/http-answers.js";

export const httpHeadsTarget = fuzzTarget({
  name: "http-heads",
  about: "methods, paths, queries and headers (credentials, x-flock-…, x-forwarded-for) of all routes",
  open: async () => {
    const { app, logs } = await apiInProcess();
    return {
      inputs: httpHeads,
      probe: async (head) => {
        logs.length = 0;
        const answer = await app.inject(head);
        checkStatus(answer, logs);
        if (head.method !== "HEAD") checkAnyError(answer);
        if (answer.statusCode === 302)
          mustHold(answer.headers.location === "/console/", `sent to ${answer.headers.location}`);
        return answer.statusCode === 200;
      },
      close: () => app.close(),
    };
  },
});
