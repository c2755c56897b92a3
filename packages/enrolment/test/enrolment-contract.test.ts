import { createTree, workerIssuer } from "@flock/access";
import { enrolmentForWorkerContract } from "@flock/ports";
import { FakeEnrolmentApi } from "./fake-enrolment-api.js";

enrolmentForWorkerContract("its fake", async () => {
  const issuer = workerIssuer(createTree());
  const api = await FakeEnrolmentApi.start({ issuer, natsUrls: ["nats://127.0.0.1:4222"] });
  return {
    url: api.url,
    ban: async (wallet) => void api.banned.add(wallet),
    stop: () => api.stop(),
  };
});
