import type { Page } from 'playwright-core';

export interface Weight {
  bytes(): number;
  /** Whether all that was asked for has come. */
  isComplete(): boolean;
}

/** Counts the bytes that come over the wire for the page's own files: its document, scripts, styles and pictures. What the API answers is not among them. */
export async function weigh(page: Page): Promise<Weight> {
  const debug = await page.context().newCDPSession(page);
  const sizes = new Map<string, number>();
  const own = new Set<string>();
  await debug.send('Network.enable');
  debug.on('Network.requestWillBeSent', ({ requestId, type = '' }) => {
    if (['Document', 'Script', 'Stylesheet', 'Image', 'Font'].includes(type)) own.add(requestId);
  });
  debug.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    sizes.set(requestId, encodedDataLength);
  });
  return {
    bytes: () => [...own].reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0),
    isComplete: () => [...own].every((id) => sizes.has(id)),
  };
}
