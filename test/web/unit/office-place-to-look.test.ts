import { expect, test } from '@jest/globals';
import { placeToLook } from '../../../web/check-office/stuck/place-to-look.ts';

const PARTIES = { buyerId: 'buyer-ada', sellerId: 'seller-mill', distributorId: 'distributor-swift' };

test.each<[string, string | undefined, string | undefined]>([
  ['SellerSuspended', undefined, 'Registration of seller-mill'],
  ['too_heavy', undefined, 'Registration of distributor-swift'],
  ['SiteUnreachable', 'distributor-swift', 'Registration of distributor-swift'],
  ['SiteUnreachable', undefined, undefined],
  ['AccountNotOpen', undefined, 'Account of buyer-ada'],
  ['Parked:FundsLacking', undefined, 'Account of seller-mill'],
  ['DatabaseUnavailable', 'check-office', undefined],
  ['WorkflowTaskFailing: no such step', undefined, undefined],
])('the cause of %s (waits for %s) is removed at: %s', (reason, waitingOn, label) => {
  expect(placeToLook(reason, PARTIES, waitingOn)?.label).toBe(label);
});

test('without the parties there is nowhere to look', () => {
  expect(placeToLook('SellerSuspended', {})).toBeUndefined();
});
