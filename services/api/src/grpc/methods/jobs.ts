import { JobsDefinition } from "@flock/proto/public";
import { z } from "zod";
import { accountJob, accountJobs, withCheck, withChecks } from "../../money/account-jobs.js";
import { accountReceipt } from "../../money/account-receipt.js";
import { uuid } from "../../money/money-fields.js";
import type { MoneyGateway } from "../../money/money-gateway.js";
import { type GrpcMethod, unary } from "../grpc-method.js";
import { jobOf, receiptOf } from "../story-messages.js";
import { page, read } from "./request-fields.js";

const jobRequest = z.object({ id: uuid });
const jobsRequest = z.object(page);

/** The service `Jobs`. */
export function jobsMethods(gateway: MoneyGateway): readonly GrpcMethod[] {
  const { getJob, getReceipt, listJobs } = JobsDefinition.methods;
  const either = { access: { takes: "either" } } as const;
  return [
    unary(JobsDefinition, getJob, either, async (request, { context }) => {
      const { id } = read(request, jobRequest);
      return { job: jobOf(await withCheck(gateway, context, await accountJob(gateway, context, id))) };
    }),
    unary(JobsDefinition, getReceipt, either, async (request, { context }) => {
      const { id } = read(request, jobRequest);
      return { receipt: receiptOf(await accountReceipt(gateway, context, id)) };
    }),
    unary(JobsDefinition, listJobs, either, async (request, { context }) => {
      const { cursor, pageSize: limit } = read(request, jobsRequest);
      const found = await accountJobs(gateway, context, { cursor, limit });
      const jobs = await withChecks(gateway, context, found.jobs);
      return { jobs: jobs.map(jobOf), nextCursor: found.nextCursor };
    }),
  ];
}
