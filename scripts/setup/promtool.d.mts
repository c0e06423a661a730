export const PROMTOOL_ADVICE: string;
export function findPromtool(): string | undefined;
export function installPromtool(): Promise<void>;
