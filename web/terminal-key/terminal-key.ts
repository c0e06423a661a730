import { createStore, get, update, type UseStore } from 'idb-keyval';
import { newTerminalKey, type TerminalKey } from '../../client/presentation.ts';

/*
 * A buyer's terminal key in this browser: Ed25519, made here, its private half not extractable. IndexedDB keeps the key object itself,
 * so that neither this page nor anybody who reads its storage ever sees the key; one for each party that signs in here.
 */

let opened: UseStore | undefined;

/** Not before it is needed: where there is no IndexedDB this throws. */
function store(): UseStore {
  return (opened ??= createStore('countersign-terminal', 'keys'));
}

/** This browser's key of a party, made at the first call. `undefined` where the browser has no Ed25519 or keeps nothing. */
export async function terminalKeyOf(partyId: string): Promise<TerminalKey | undefined> {
  try {
    return (await get<TerminalKey>(partyId, store())) ?? (await makeKey(partyId));
  } catch (error) {
    // Old browsers and private windows: orders go without a bound check, and the page says so.
    console.warn('There is no terminal key in this browser.', error);
    return undefined;
  }
}

/** Two tabs that begin at once have one key: the first one's, for `update` is one transaction. */
async function makeKey(partyId: string): Promise<TerminalKey | undefined> {
  const made = await newTerminalKey();
  await update<TerminalKey>(partyId, (first) => first ?? made, store());
  return get<TerminalKey>(partyId, store());
}

/** Asks the browser not to clear its storage by itself: without the key a bound check is presented by nobody. */
export async function keepTerminalKey(): Promise<void> {
  await navigator.storage?.persist?.().catch(() => false);
}
