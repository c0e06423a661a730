let region: HTMLElement | undefined;

/** Says to screen readers what has been done, where the thing itself leaves the page: a card that goes to another list. */
export function announce(text: string): void {
  if (!region?.isConnected) {
    region = document.createElement('div');
    region.setAttribute('aria-live', 'polite');
    region.className = 'unseen';
    document.body.append(region);
  }
  region.textContent = text;
}
