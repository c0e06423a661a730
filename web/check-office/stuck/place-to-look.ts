/** Where in this desk the cause of a trouble is removed. */
export interface Place {
  readonly label: string;
  readonly path: string;
}

/** The parties of an order, as far as they are known. */
export interface Parties {
  readonly buyerId?: string;
  readonly sellerId?: string;
  readonly distributorId?: string;
}

const SELLER = new Set(['SellerSuspended', 'NotDemanded', 'NotValidated']);
const DISTRIBUTOR = new Set([
  'DistributorSuspended',
  'DistributorRefused',
  'NotScheduled',
  'Overdue',
  'OutsideService',
  'out_of_area',
  'too_heavy',
  'no_service_day',
]);
const BUYERS_ACCOUNT = new Set(['AccountNotOpen', 'LedgerRefusal']);
const SELLERS_ACCOUNT = new Set(['FundsLacking']);
/** Of the party's own server: whichever the order waits for. */
const SITE = new Set(['SiteUnreachable', 'SiteForbidden', 'SiteKeysUnavailable', 'BadReceipt']);

/** The registration or account that a reason is about; `undefined` where nothing at this desk removes the cause. */
export function placeToLook(reason: string, parties: Parties, waitingOn?: string | null): Place | undefined {
  const kind = kindOf(reason);
  const { buyerId, sellerId, distributorId } = parties;
  if (SELLER.has(kind)) return registration(sellerId);
  if (DISTRIBUTOR.has(kind)) return registration(distributorId);
  if (SITE.has(kind)) return registration([sellerId, distributorId].find((id) => id === waitingOn));
  if (BUYERS_ACCOUNT.has(kind)) return account(buyerId);
  if (SELLERS_ACCOUNT.has(kind)) return account(sellerId);
  return undefined;
}

/** A reason names its cause after a colon; of one that was given up the cause is what counts: `Parked:FundsLacking`. */
function kindOf(reason: string): string {
  const [kind = '', cause = ''] = reason.split(':', 2);
  return kind === 'Parked' ? cause.trim() : kind;
}

function registration(id: string | undefined): Place | undefined {
  return id === undefined
    ? undefined
    : { label: `Registration of ${id}`, path: `/office?view=registries&party=${encodeURIComponent(id)}` };
}

function account(id: string | undefined): Place | undefined {
  return id === undefined
    ? undefined
    : { label: `Account of ${id}`, path: `/office?view=accounts&account=${encodeURIComponent(id)}` };
}
