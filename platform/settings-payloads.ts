import { z } from 'zod';

const isOrigin = (text: string): boolean => URL.canParse(text) && new URL(text).origin === text;

/** The variables of encrypted payloads, and of the server that decodes them for the Temporal UI. */
export const payloadVariables = {
  PAYLOAD_KEYS_FILE: z.string().optional(),
  CODEC_ADDRESS: z
    .string()
    .regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port, such as 0.0.0.0:8888')
    .default('127.0.0.1:8888'),
  CODEC_ORIGINS: z
    .string()
    .transform((text) => text.split(',').map((entry) => entry.trim()))
    .refine(
      (entries) => entries.every(isOrigin),
      'must be origins such as https://temporal.example, with commas between',
    )
    .default([]),
};

const variables = z.object(payloadVariables);

/** How payloads travel, and who may have them decoded. */
export function payloadSettingsOf(given: z.output<typeof variables>) {
  return {
    /** Absent: payloads are not encrypted. */
    payloadKeysFile: given.PAYLOAD_KEYS_FILE,
    /** Where the codec server listens. */
    codecAddress: given.CODEC_ADDRESS,
    /** The origins of the pages that may ask it, such as the Temporal UI's. */
    codecOrigins: given.CODEC_ORIGINS,
  };
}
