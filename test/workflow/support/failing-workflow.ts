/** A workflow whose code has a fault: each of its tasks fails. Bundled by a test instead of the real one. */
export async function OrderWorkflow(): Promise<void> {
  throw new TypeError('the build has a fault\nand a second line that nobody needs');
}
