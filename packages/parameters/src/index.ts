export { defaultPrices, type ModelPrices } from "./default-prices.js";
export type {
  IntegerParameter,
  MoneyParameter,
  ParameterDefinition,
  Reader,
  SwitchParameter,
} from "./definition.js";
export { encodeParameters, type Parameters, parametersFromJson, parseParameters } from "./parameters.js";
export { DEFAULT_PARAMETERS, LOCAL_PARAMETERS } from "./presets.js";
export {
  emissionOfAllTimeMax,
  REBATE_MAX_BPS,
  REWARDS_POOL_AT_GENESIS,
} from "./rules.js";
export { PARAMETERS, type ParameterName, type ParameterValues } from "./table.js";
export { type Tier, type TierLevel, tierOf } from "./tier.js";
