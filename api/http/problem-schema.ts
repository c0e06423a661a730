import { z } from 'zod';

const fieldError = z
  .object({ pointer: z.string().meta({ description: 'RFC 6901; empty for the whole document.' }), detail: z.string() })
  .meta({ id: 'FieldError' });

/** RFC 9457, with the members that some types add. */
export const problem = z
  .looseObject({
    type: z.string().meta({ format: 'uri-reference', description: 'Ends in the stable slug.' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string(),
    errors: z.array(fieldError).optional(),
    orderId: z.string().optional(),
    reason: z.string().optional(),
  })
  .meta({ id: 'Problem' });

export const idempotencyKey = z.object({
  'Idempotency-Key': z
    .string()
    .min(1)
    .max(255)
    .regex(/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/)
    .meta({ description: 'New for each new request; the same for each repeat of it.', example: 'b6f1c3a0-1' }),
});

export const problemType = z
  .object({
    type: z.string(),
    status: z.int(),
    title: z.string(),
    meaning: z.string(),
    whatToDo: z.string(),
  })
  .meta({ id: 'ProblemType' });
