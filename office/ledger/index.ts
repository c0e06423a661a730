/* The door of the ledger: accounts, transfers and holds, entries, and what the ledger says no to. */

export {
  deposit,
  listAccounts,
  openAccount,
  patchAccount,
  isAccountOf,
  readAccount,
  type AccountRefusalCode,
  type AccountView,
} from './accounts.ts';
export { listEntries } from './entries.ts';
export { readMoneyTrace } from './money-trace.ts';
export { payOut, type PayoutRefusalCode } from './payouts.ts';
export { openStatement, readStatement, statementPages, type Statement, type StatementQuery } from './statement.ts';
export { captureHold, expireHold, holdFor, orRefusal, postTransfer, voidHold } from './transfers.ts';
