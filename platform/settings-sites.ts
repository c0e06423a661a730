import { z } from 'zod';
import { numberWithin, wholeNumber } from './settings-numbers.ts';

/** What `npm start` runs of the other parties' servers, and where the office may reach them. */
export interface SiteSettings {
  /** Whether `npm start` runs a selling office and a distributing company. */
  readonly sites: boolean;
  /** Absent: the port used last when it is free, else any free one. */
  readonly sellingOfficePort: number | undefined;
  readonly distributingCompanyPort: number | undefined;
  /** How long the demo driver of the distributing company is on its way. */
  readonly demoDriveSeconds: number;
  /** Origins (`http://127.0.0.1:4001`) of parties' servers that may be private, loopback and plain http. */
  readonly privateSites: readonly string[];
}

const port = numberWithin(1, 65_535).optional();
const DAY_SECONDS = 86_400;

/** The variables of the other parties' servers. */
export const siteVariables = {
  SITES: z.enum(['on', 'off'], 'must be on or off').default('on'),
  SELLING_OFFICE_PORT: port,
  DISTRIBUTING_COMPANY_PORT: port,
  DEMO_DRIVE_SECONDS: wholeNumber(30, 0, DAY_SECONDS),
  SITE_PRIVATE_TARGETS: z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine((entries) => entries.every(isSiteUrl), 'must be http(s) addresses with commas between them')
    .transform((entries) => entries.map((entry) => new URL(entry).origin))
    .optional(),
};

const variables = z.object(siteVariables);

export function siteSettingsOf(given: z.output<typeof variables>): SiteSettings {
  return {
    sites: given.SITES === 'on',
    sellingOfficePort: given.SELLING_OFFICE_PORT,
    distributingCompanyPort: given.DISTRIBUTING_COMPANY_PORT,
    demoDriveSeconds: given.DEMO_DRIVE_SECONDS,
    privateSites: given.SITE_PRIVATE_TARGETS ?? [],
  };
}

/**
 * Whether the server of a party at this address may be a private or loopback one: everywhere by the rule of webhooks, and at
 * the few origins that the operator of the office has named. So a party cannot talk the office into calling its own network.
 */
export function privateSiteRule({
  webhookPrivateTargets,
  privateSites,
}: {
  webhookPrivateTargets: boolean;
  privateSites: readonly string[];
}): (url: string) => boolean {
  return (url) => webhookPrivateTargets || (URL.canParse(url) && privateSites.includes(new URL(url).origin));
}

function isSiteUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}
