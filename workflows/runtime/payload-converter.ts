import { defaultPayloadConverter, type PayloadConverter } from '@temporalio/common';

/** What a message holds that nobody can read: its shape fits nothing, so it is refused, or passed over and noted. */
class Unreadable {
  readonly why: string;

  constructor(why: string) {
    this.why = why;
  }
}

/**
 * Reads payloads as JSON, as Temporal's own converter does, but never fails: a message in an unknown or broken encoding,
 * which anybody at the plain CLI may send, would otherwise fail the workflow task of its order again and again.
 */
export const payloadConverter: PayloadConverter = {
  toPayload: (value) => defaultPayloadConverter.toPayload(value),
  fromPayload: (payload) => {
    try {
      return defaultPayloadConverter.fromPayload(payload);
    } catch (error) {
      return new Unreadable(error instanceof Error ? error.message : String(error)) as never;
    }
  },
};
