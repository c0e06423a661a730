/* The door of the registry: sellers, distributors, their offers and terms, and the parties' API keys. */

export { API_KEY_PREFIX, createApiKey, findApiKey, listApiKeys, revokeApiKey, usableApiKeys } from './api-keys.ts';
export { putDistributor, putSeller } from './changes.ts';
export { createRegistryLookups, type RegistryLookups } from './lookups.ts';
export {
  listActiveDistributors,
  listActiveSellers,
  listDistributors,
  listOffers,
  listSellers,
  readDistributor,
  readSeller,
  type RegistryPage,
} from './reading.ts';
