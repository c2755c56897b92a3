import { encodeParameters, LOCAL_PARAMETERS, type Parameters, parametersFromJson } from "@flock/parameters";

/**
 * What a mesh on this machine starts with: a laptop's parameters, with `values` in place of some.
 * @throws FlockError `invalid_argument` naming what is not legal.
 */
export function localParameters(values: object | undefined): Parameters {
  return withValues(LOCAL_PARAMETERS, 1, values);
}

/**
 * The values of `parameters`, with those of `values` in their place.
 * @throws FlockError `invalid_argument` naming what is not legal.
 */
export function withValues(parameters: Parameters, version: number, values: object | undefined): Parameters {
  const { values: all } = JSON.parse(encodeParameters(parameters)) as { values: object };
  return parametersFromJson({ version, values: { ...all, ...values } });
}
