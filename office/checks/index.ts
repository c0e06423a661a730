/* The door of the checks: signing and verifying them, the keys, the register that validates and stops them, their published status. */

export {
  formerOrderDigest,
  orderDigest,
  type OrderContent,
  requestDigest,
  verifyCheckWith,
  type Verification,
} from './jws.ts';
export { generateSigningKey } from './key-pairs.ts';
export { openKeyRing, type KeyRing } from './key-ring.ts';
export { checkDigest, isAnybodysKey, openPresentation, thumbprintOf, type SignedPresentation } from './presentation.ts';
export {
  judgeDemand,
  listChecks,
  readCheck,
  readClaimedCheck,
  refusalByNow,
  stopCheck,
  validateCheck,
  type RegisteredCheck,
  type StopRefusalCode,
} from './register.ts';
export {
  createCheckSigning,
  defaultStatusListUri,
  passStatusIndex,
  type CheckSigning,
  type SignedCheck,
} from './signing.ts';
export { openStatusList, type StatusList } from './status-list-format.ts';
export { createStatusList, type StatusListPublisher } from './status-list.ts';
