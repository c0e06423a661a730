/** A check can be stopped only before the seller has accepted it. */
export function isStoppable(status: string | undefined): boolean {
  return status === 'issued' || status === 'presented';
}
