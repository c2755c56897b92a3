import { answeringAlsoBy, type Operation, SSE_MEDIA } from "../../http/openapi/operation.js";
import { RESPONSE_ANSWER, RESPONSE_EVENT } from "./described-answers.js";
import { RESPONSES_BODY } from "./described-request.js";

/** The route, as `/openapi.json` describes it. */
export const RESPONSES_OPERATION: Operation = {
  id: "openaiResponses",
  summary: "Answer a conversation, keeping nothing of it",
  isJob: true,
  body: {
    schema: RESPONSES_BODY,
    example: { model: "flock-tiny", input: "Tell me a story about a llama." },
  },
  answers: answeringAlsoBy(SSE_MEDIA, { whole: RESPONSE_ANSWER, piece: RESPONSE_EVENT }),
};
