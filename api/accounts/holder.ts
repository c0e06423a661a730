import type { AccountHolder } from '../../domain/party.ts';
import type { Party } from '../auth/tokens.ts';

/** Whose account it must be for whoever asks: an id in another role is another party. `undefined`: an operator's may be anybody's. */
export function holderOf({ role }: Party<AccountHolder | 'operator'>): AccountHolder | undefined {
  return role === 'operator' ? undefined : role;
}
