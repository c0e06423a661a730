/* The door of the registry: sellers, distributors, their offers and terms, the parties' API keys, and who outside subjects are. */

export {
  admitApiKey,
  API_KEY_PREFIX,
  createApiKey,
  findApiKey,
  listApiKeys,
  MAX_API_KEYS,
  newApiKey,
  revokeApiKey,
  usableApiKeys,
} from './api-keys.ts';
export { putDistributor, putSeller } from './changes.ts';
export {
  deleteIdentity,
  findIdentity,
  IDENTITY_ID,
  identityRevisions,
  listIdentities,
  MOST_SUBJECT_CHARACTERS,
  putIdentity,
  subjectKey,
  type IdentityView,
  type KnownIdentity,
} from './identities.ts';
export { createRegistryLookups, type RegistryLookups } from './lookups.ts';
export { MOST_OFFERS, type OfferPage } from './offers.ts';
export {
  listActiveDistributors,
  listActiveSellers,
  listDistributors,
  listOffers,
  listSellers,
  isDistributor,
  isSeller,
  readDistributor,
  readRegisteredName,
  readSeller,
  type RegistryPage,
  type WholeSeller,
} from './reading.ts';
export { changeOwnDistributor, changeOwnSeller, type SelfRefusalCode } from './self-service.ts';
