/** What every gRPC server has beside its own contract: details of errors, health, reflection. */
export { DESCRIBED_FILES, type DescribedFile } from "../gen/descriptors.js";
export * from "../gen/google/protobuf/any.js";
export * from "../gen/google/protobuf/duration.js";
export * from "../gen/google/protobuf/timestamp.js";
export { BadRequest, ErrorInfo, RetryInfo } from "../gen/google/rpc/error_details.js";
export { Status } from "../gen/google/rpc/status.js";
export {
  HealthCheckRequest,
  HealthCheckResponse,
  HealthCheckResponse_ServingStatus,
  HealthDefinition,
  HealthListResponse,
} from "../gen/grpc/health/v1/health.js";
export {
  ServerReflectionDefinition,
  ServerReflectionRequest,
  ServerReflectionResponse,
} from "../gen/grpc/reflection/v1/reflection.js";
export { ServerReflectionDefinition as ServerReflectionAlphaDefinition } from "../gen/grpc/reflection/v1alpha/reflection.js";
export { PUBLIC_FOLDER, publicProtoFiles } from "../public-files.js";
