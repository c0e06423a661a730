import { issueCheck, type IssueDemand, type Issued } from './issue.ts';
import type { OrderDeps } from './deps.ts';

export function createIssuingSteps(deps: OrderDeps) {
  return {
    /** Hold, signed check and order row in one transaction (claims 1, 6). Key: the order itself. */
    issueCheck: (demand: IssueDemand): Promise<Issued> => issueCheck(deps, demand),
  };
}
