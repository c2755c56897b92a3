export { type EventuallyOptions, eventually } from "./eventually.js";
export {
  type CertificateFiles,
  TestAuthority,
  type TestCertificate,
  writeCertificate,
} from "./test-certificates.js";
export { createTestDirectory, type TestDirectory } from "./test-directory.js";
export { startTestNats, type TestNats, type TestNatsOptions } from "./test-nats.js";
export { startTestPostgres, type TestPostgres, type TestPostgresOptions } from "./test-postgres.js";
