import { ServerCredentials } from "@grpc/grpc-js";
import type { RenewedCertificate } from "./renewed-certificate.js";

/** What gRPC's library serves a certificate with, the new one after a renewal. */
export class RenewedGrpcCredentials extends ServerCredentials {
  constructor(certificate: RenewedCertificate) {
    super({}, certificate.context);
    certificate.whenRenewed((context) => this.updateSecureContextOptions(context));
  }

  _equals(other: ServerCredentials): boolean {
    return other === this;
  }
}
