/** Lets one loop rest until a time has passed or somebody rings. A ring while it does not rest is not lost. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Rests that long; with `wakeable` a ring, also one of before, ends it and is used up. */
  async rest(restMs: number, wakeable: boolean): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, restMs).unref();
      const wake = (): void => {
        clearTimeout(timer);
        resolve();
      };
      if (!wakeable) return;
      this.#wake = wake;
      if (this.#rung) wake();
    });
    if (!wakeable) return;
    this.#wake = undefined;
    this.#rung = false;
  }
}
