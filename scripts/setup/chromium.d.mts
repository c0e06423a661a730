export const CHROMIUM_ADVICE: string;
export function findChromium(): string | undefined;
export function installChromium(): Promise<void>;
